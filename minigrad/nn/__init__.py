"""Parameters, modules that hold them, how they start, and how they are kept in files."""

from minigrad.nn.containers import ModuleList, ParameterList
from minigrad.nn.dropout import Dropout
from minigrad.nn.init import (
    INITS,
    constant,
    fan_in_uniform,
    identity,
    initial,
    orthogonal,
    spectral,
    uniform,
    zeros,
)
from minigrad.nn.initialise import initialise
from minigrad.nn.module import Module, Parameter
from minigrad.nn.npz import StateError, load_document, load_npz, save_document, save_npz
from minigrad.nn.penalty import l1, l2

__all__ = [
    "INITS",
    "Dropout",
    "Module",
    "ModuleList",
    "Parameter",
    "ParameterList",
    "StateError",
    "constant",
    "fan_in_uniform",
    "identity",
    "initial",
    "initialise",
    "l1",
    "l2",
    "load_document",
    "load_npz",
    "orthogonal",
    "save_document",
    "save_npz",
    "spectral",
    "uniform",
    "zeros",
]
