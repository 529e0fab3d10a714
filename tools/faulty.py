"""Turns a module that is loaded, and already imported by others, into what a changed syntax tree says."""

import ast
import sys
from collections.abc import Mapping
from enum import Enum, EnumMeta
from types import FunctionType, ModuleType


def put_into(module: ModuleType, tree: ast.Module) -> None:
    """Runs the tree and moves what it defines into the loaded module: others keep the functions and classes they hold."""
    fresh: dict[str, object] = {"__name__": module.__name__, "__file__": module.__file__}
    before = sys.modules[module.__name__]
    sys.modules[module.__name__] = ModuleType(module.__name__)
    sys.modules[module.__name__].__dict__.update(fresh)
    namespace = sys.modules[module.__name__].__dict__
    exec(compile(ast.fix_missing_locations(tree), str(module.__file__), "exec"), namespace)  # noqa: S102
    sys.modules[module.__name__] = before
    for name, new in list(namespace.items()):
        old = module.__dict__.get(name)
        if name.startswith("__") or new is old:
            continue
        if isinstance(old, type) and isinstance(new, type):
            _class_into(old, new, module.__name__)
        elif callable(getattr(old, "cache_clear", None)):
            _cached_into(old, new)
        elif isinstance(old, FunctionType) and isinstance(new, FunctionType):
            _function_into(old, new)
        else:
            _value_into(name, old, new, module)


def _value_into(name: str, old: object, new: object, module: ModuleType) -> None:
    """A constant or table: replaced here, and where another module has imported it under its name."""
    new = _ours(new)
    setattr(module, name, new)
    for other in list(sys.modules.values()):
        if getattr(other, "__dict__", {}).get(name) is old and old is not None:
            setattr(other, name, new)


def _cached_into(old: object, new: object) -> None:
    old.cache_clear()  # type: ignore[attr-defined]
    _function_into(old.__wrapped__, new.__wrapped__)  # type: ignore[attr-defined]


def _function_into(old: FunctionType, new: FunctionType) -> None:
    cells = zip(old.__code__.co_freevars, old.__closure__ or (), new.__closure__ or (), strict=True)
    for name, ours, theirs in cells:
        if name.startswith("_dflt_"):  # a dataclass keeps the defaults of its fields so
            ours.cell_contents = _ours(theirs.cell_contents)
    old.__code__, old.__kwdefaults__ = new.__code__, new.__kwdefaults__
    old.__defaults__ = None if new.__defaults__ is None else tuple(map(_ours, new.__defaults__))


def _ours(value: object) -> object:
    """A value made by the new module, as one of the class that the others know."""
    made_by = type(value)
    known = getattr(sys.modules.get(made_by.__module__), made_by.__name__, made_by)
    if known is not made_by and isinstance(known, type):
        object.__setattr__(value, "__class__", known)
    return value


def _class_into(old: type, new: type, module: str) -> None:
    if old.__module__ != module:
        return
    if isinstance(old, EnumMeta) and isinstance(new, EnumMeta):
        _members_into(old, new)
    for name, kept in list(vars(old).items()):
        ours, theirs = _function_of(kept), _function_of(vars(new).get(name))
        if ours is not None and theirs is not None:
            _function_into(ours, theirs)


def _function_of(member: object) -> FunctionType | None:
    """The function behind a method, property or class method."""
    behind = getattr(member, "fget", None) or getattr(member, "__func__", None) or member
    return behind if isinstance(behind, FunctionType) else None


def _members_into(old: EnumMeta, new: EnumMeta) -> None:
    """The values of an enumeration's members, and what finds a member by its value."""
    members: Mapping[str, Enum] = old.__members__
    by_value: dict[object, Enum] = {}
    for name, member in members.items():
        member._value_ = new.__members__[name].value
        by_value[member._value_] = member
    setattr(old, "_value2member_map_", by_value)  # noqa: B010 - the name is not in the types
