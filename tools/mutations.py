"""The small faults that mutation testing puts into a Python file, one at a time: a slot of the syntax tree, and what goes there.

Tables count as code: a guard that is missing or stands elsewhere is a fault like a comparison the wrong way round. Sentences,
annotations, decorators and `assert` are left alone.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TypeVar

Node = TypeVar("Node")

OPPOSITES: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
NOT_CODE = {"annotation", "returns", "decorator_list", "type_params", "bases"}
SENTENCES = {"Issue", "NotAccepted", "UnknownScope", "TypeVar", "_refused", "_forbidden"}
"""Calls whose texts are for people: a changed text is no fault in what the code does."""


@dataclass(frozen=True)
class Mutation:
    """One fault: `put` writes it into the tree it was found in. `name` does not change when lines move.

    `function` is the first line of the innermost function it stands in, 0 outside all of them.
    """

    line: int
    function: int
    name: str
    parent: ast.AST = field(repr=False)
    slot: str
    index: int | None
    new: ast.AST = field(repr=False)

    def put(self) -> None:
        """Changes the tree for good."""
        if self.index is None:
            setattr(self.parent, self.slot, self.new)
        else:
            getattr(self.parent, self.slot)[self.index] = self.new


def mutations(tree: ast.Module) -> list[Mutation]:
    """Every fault that can be put into a module, in the order of its lines."""
    return list(_below(tree, "", 0))


def _below(parent: ast.AST, where: str, function: int) -> Iterator[Mutation]:
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        where = f"{where}.{parent.name}" if where else parent.name
    if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef):
        function = min(each.lineno for each in [parent, *parent.decorator_list])
    for slot, value in ast.iter_fields(parent):
        if slot in NOT_CODE:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _left_alone(child):
                continue
            for new in _faults(child):
                name = f"{where or 'module'}: {_change(_text(child), _text(new))}"
                yield Mutation(getattr(child, "lineno", 0), function, name, parent, slot, index, new)
            if not _sentence(child):
                yield from _below(child, where, function)


def _left_alone(node: ast.AST) -> bool:
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    slots = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__slots__"
    return docstring or slots or isinstance(node, ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom)


def _sentence(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SENTENCES


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.If):
        return f"if {_text(node.test)}"
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split()) or type(node).__name__


def _change(old: str, new: str) -> str:
    """Old and new text; of long ones only what differs, with a little on either side."""
    if len(old) <= 90:
        return f"{old} -> {new}"
    start = max(0, _alike(old, new) - 20)
    end = max(0, _alike(old[:start:-1], new[:start:-1]) - 20)
    return f"... {_shortened(old[start : len(old) - end])} -> {_shortened(new[start : len(new) - end])}"


def _alike(old: str, new: str) -> int:
    """How many letters they begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def _shortened(text: str) -> str:
    return text if len(text) <= 130 else f"{text[:80]} ... {text[-40:]}"


def _faults(node: ast.AST) -> Iterator[ast.AST]:
    yield from _wrong_statements(node)
    yield from _wrong_logic(node)
    yield from _wrong_values(node)
    yield from _wrong_tables(node)


def _wrong_statements(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Return(value=ast.expr()) if ast.unparse(node) not in {"return None", "return False"}:
            yield ast.Return(ast.Constant(None))
        case ast.Raise() | ast.Expr() | ast.AugAssign() | ast.Delete():
            yield ast.Pass()
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield ast.Pass()
        case ast.If():
            yield ast.If(ast.Constant(value=False), node.body, node.orelse)
            yield ast.If(ast.Constant(value=True), node.body, node.orelse)
        case _:
            return


def _wrong_logic(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare():
            for at, operator in enumerate(node.ops):
                for other in OPPOSITES[type(operator)]:
                    ops = [*node.ops[:at], other(), *node.ops[at + 1 :]]
                    yield ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp(values=[left, right]):
            yield from (left, right)
        case ast.BoolOp():
            for rest in _each_missing(node.values):
                yield ast.BoolOp(node.op, rest)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node.operand
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.comprehension() if node.ifs:
            yield ast.comprehension(node.target, node.iter, [], node.is_async)
        case _:
            return


def _wrong_values(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int() | float() as number):
            yield ast.Constant(number + 1)
        case ast.Constant(value=str(text)) if " " not in text:
            yield ast.Constant(f"x{text}")
        case ast.BinOp():
            yield from (node.left, node.right)
        case ast.Attribute(value=ast.Name(id="Kind")) if node.attr != "DATABASE":
            yield ast.Attribute(node.value, "DATABASE", node.ctx)
        case ast.Call(args=[ast.expr() as first, ast.expr() as second, *rest]) if not _sentence(node):
            yield ast.Call(node.func, [second, first, *rest], node.keywords)
        case _:
            return


def _wrong_tables(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Set(elts=[_, _, *_]):
            for rest in _each_missing(node.elts):
                yield ast.Set(rest)
        case ast.Tuple(elts=[_, _, *_], ctx=ast.Load()) | ast.List(elts=[_, _, *_], ctx=ast.Load()):
            for rest in _each_missing(node.elts):
                yield type(node)(rest, ast.Load())
            if all(isinstance(each, ast.Call) for each in node.elts):
                for rest in _neighbours_swapped(node.elts):
                    yield type(node)(rest, ast.Load())
        case ast.Dict(keys=[_, *_]):
            for keys, values in zip(_each_missing(node.keys), _each_missing(node.values), strict=True):
                yield ast.Dict(keys, values)
        case _:
            return


def _each_missing(several: Sequence[Node]) -> Iterator[list[Node]]:
    for at in range(len(several)):
        yield [*several[:at], *several[at + 1 :]]


def _neighbours_swapped(several: Sequence[Node]) -> Iterator[list[Node]]:
    for at in range(len(several) - 1):
        yield [*several[:at], several[at + 1], several[at], *several[at + 2 :]]
