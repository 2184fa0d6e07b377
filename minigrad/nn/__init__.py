"""Parameters, modules that hold them, how they start, and how they are kept in files."""

from minigrad.nn.init import INITS, fan_in_uniform, identity, initial, orthogonal, uniform, zeros
from minigrad.nn.module import Module, Parameter
from minigrad.nn.npz import StateError, load_document, load_npz, save_document, save_npz

__all__ = [
    "INITS",
    "Module",
    "Parameter",
    "StateError",
    "fan_in_uniform",
    "identity",
    "initial",
    "load_document",
    "load_npz",
    "orthogonal",
    "save_document",
    "save_npz",
    "uniform",
    "zeros",
]
