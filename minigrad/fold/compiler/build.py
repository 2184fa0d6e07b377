"""From the text of a module to compiled functions."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from minigrad.fold.compiler.emit import Emitter, constants
from minigrad.fold.compiler.plan import Plan
from minigrad.fold.compiler.trace import Trace

HEADER = '''"""Emitted by minigrad's fold compiler: {title}."""

import numpy as np

from minigrad.kernels.jit import compiled
from minigrad.kernels.activations import _tanh_f32
from minigrad.kernels.product import add_product_packed, add_product_tn, pack

'''


def write(traced: Trace, title: str) -> tuple[Emitter, str]:
    emitter = Emitter(Plan(traced), title)
    tanh = "tanh = _tanh_f32\n" if traced.dtype == np.float32 else "tanh = np.tanh\n"
    return emitter, HEADER.format(title=title) + constants(traced.dtype) + tanh + "\n\n" + emitter.source()


def load(source: str) -> ModuleType:
    name = "fold_" + hashlib.sha256(source.encode()).hexdigest()[:16]
    folder = Path(os.environ.get("MINIGRAD_CACHE", Path(tempfile.gettempdir()) / "minigrad"))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    if not path.exists():
        path.write_text(source)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
