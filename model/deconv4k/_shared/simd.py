"""Vector registers in Numba: `Lanes`, integers that one instruction works on side by side.

A compiled function written with these keeps its accumulators in registers on every processor that
LLVM knows, instead of hoping that a loop is vectorised. The arithmetic wraps modulo 2**bits, as
machine integers do. Functions written with the operators below take plain integers just as well.

``load``, ``store``, ``store_woven`` trust their caller with the index, as machine code does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils as untyped_cgutils
from numba.core import registry
from numba.extending import models, overload, register_model

# Annotated as if a call passed the typing context too.
intrinsic: Any = extending.intrinsic
cgutils: Any = untyped_cgutils

_SUM = """
define <32 x i16> @sum(<32 x i16> %left, <32 x i16> %right) {
    %sum = add <32 x i16> %left, %right
    ret <32 x i16> %sum
}
"""


def _widest_register() -> str:
    """The widest kind of register that adds int16 in Numba's target: zmm, ymm or none of them.

    Numba compiles for what NUMBA_CPU_NAME and NUMBA_CPU_FEATURES say, which need not be this
    processor, and a feature there may switch others on and off. So the assembly is asked that LLVM
    makes for this target. Numba's cache keeps the code of each target apart by the same three.
    """
    triple, name, features = registry.cpu_target.target_context.codegen().magic_tuple()
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=name, features=features)
    assembly = machine.emit_assembly(llvm.parse_assembly(_SUM))
    kinds = re.findall(r"vpaddw\b.*%([yz]mm)", assembly)
    return max(kinds, default="")


_REGISTER = _widest_register()

REGISTER_BITS = 512 if _REGISTER == "zmm" else 256
"""Width of one `Lanes`; two registers hold it where the target's are narrower."""

PAIR_INSTRUCTION = {
    "zmm": "llvm.x86.avx512.pmaddw.d.512",
    "ymm": "llvm.x86.avx2.pmadd.wd",
}.get(_REGISTER)
"""Multiplies int16 by int16 and adds neighbours; LLVM fuses the sum that follows (VNNI)."""

_TUPLES: Any = types.BaseTuple
_INDEX = ir.IntType(32)
_HALF = ir.IntType(16)


class Lanes(types.Type):
    """`count` integers of type `scalar`.

    A uint32 lane is a *pair*: two int16, the first in the lower half.
    """

    def __init__(self, scalar: Any) -> None:
        self.scalar = scalar
        self.count = REGISTER_BITS // scalar.bitwidth
        super().__init__(name=f"Lanes({scalar} x {self.count})")


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, lanes: Lanes) -> None:
        vector = _vector(lanes.scalar.bitwidth, lanes.count)
        super().__init__(manager, lanes, vector)  # type: ignore[no-untyped-call]


def lanes_in(array: Any) -> int:
    """Elements of an array that one register holds."""
    return REGISTER_BITS // (8 * int(array.itemsize))


@overload(lanes_in)
def _lanes_in(array):  # type: ignore[no-untyped-def]
    count = REGISTER_BITS // array.dtype.bitwidth
    return lambda array: count


def _vector(bits: int, size: int) -> ir.VectorType:
    return ir.VectorType(ir.IntType(bits), size)


def _indices(values: Any) -> ir.Constant:
    values = list(values)
    return ir.Constant(ir.VectorType(_INDEX, len(values)), values)


def _address(context: Any, builder: Any, array_type: Any, arguments: Any, vector: Any) -> Any:
    """Where the vector lies whose array and first index lead the arguments."""
    array, index = arguments[:2]
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())


@intrinsic
def load(typing_context, array, index):  # type: ignore[no-untyped-def]
    """The lanes of a contiguous array from element `index` on."""
    lanes = Lanes(array.dtype)

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        vector = context.get_value_type(lanes)
        address = _address(context, builder, signature.args[0], arguments, vector)
        return builder.load(address, align=array.dtype.bitwidth // 8)

    return lanes(array, types.intp), build


@intrinsic
def store(typing_context, array, index, lanes):  # type: ignore[no-untyped-def]
    """Write lanes to a contiguous array from element `index` on."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        value = arguments[2]
        address = _address(context, builder, signature.args[0], arguments, value.type)
        builder.store(value, address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.none(array, types.intp, lanes), build


@intrinsic
def store_woven(typing_context, array, index, phases):  # type: ignore[no-untyped-def]
    """Write ``phases[0][0], phases[1][0], ..., phases[0][1], ...`` from element `index` on.

    Each lane is cut to the array's width first.
    """
    width, size = array.dtype.bitwidth, phases.dtype.count

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        parts = cgutils.unpack_tuple(builder, arguments[2], len(phases))
        if width < phases.dtype.scalar.bitwidth:
            parts = [builder.trunc(part, _vector(width, size)) for part in parts]
        elif width > phases.dtype.scalar.bitwidth:
            parts = [builder.sext(part, _vector(width, size)) for part in parts]
        row = _concatenate(builder, parts)
        stride = len(phases)
        order = (phase * size + lane for lane in range(size) for phase in range(stride))
        row = builder.shuffle_vector(row, row, _indices(order))
        address = _address(context, builder, signature.args[0], arguments, row.type)
        builder.store(row, address, align=width // 8)
        return context.get_dummy_value()

    return types.none(array, types.intp, phases), build


def _concatenate(builder: Any, parts: list[Any]) -> Any:
    """One vector of all parts, which are equally long."""
    whole, size = parts[0], parts[0].type.count
    for number, part in enumerate(parts[1:], 1):
        length = whole.type.count
        grown = builder.shuffle_vector(part, part, _indices(i % size for i in range(length)))
        order = [*range(length), *range(length, length + size)]
        whole = builder.shuffle_vector(whole, grown, _indices(order))
        assert whole.type.count == (number + 1) * size
    return whole


def _in_every_lane(builder: Any, value: Any, vector: Any) -> Any:
    empty = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(_INDEX, 0))
    return builder.shuffle_vector(first, empty, _indices([0] * vector.count))


@intrinsic
def splat(typing_context, value):  # type: ignore[no-untyped-def]
    """One integer in every lane."""
    lanes = Lanes(value)

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _in_every_lane(builder, arguments[0], context.get_value_type(lanes))

    return lanes(value), build


@intrinsic
def splat_each(typing_context, values):  # type: ignore[no-untyped-def]
    """A named tuple of integers or of such tuples, each integer in every lane; None stays None."""
    result = _lanes_for(values)

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _fill_lanes(context, builder, result, arguments[0])

    return result(values), build


def _lanes_for(kind: Any) -> Any:
    if isinstance(kind, _TUPLES):
        return _TUPLES.from_types([_lanes_for(part) for part in kind.types], kind.instance_class)
    return Lanes(kind) if isinstance(kind, types.Integer) else kind


def _fill_lanes(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    if isinstance(kind, _TUPLES):
        parts = zip(kind.types, cgutils.unpack_tuple(builder, value, len(kind)), strict=True)
        filled = [_fill_lanes(context, builder, *part) for part in parts]
        return context.make_tuple(builder, kind, filled)
    if isinstance(kind, Lanes):
        return _in_every_lane(builder, value, context.get_value_type(kind))
    return value


def _same_bits(scalar: Any) -> Any:
    """An intrinsic that reads the bits of a register as lanes of another type."""

    @intrinsic
    def view(typing_context, lanes):  # type: ignore[no-untyped-def]
        result = Lanes(scalar)

        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return builder.bitcast(arguments[0], context.get_value_type(result))

        return result(lanes), build

    return view


halves = _same_bits(types.int16)
"""Pairs as twice as many lanes of int16."""

pairs = _same_bits(types.uint32)
"""Lanes of int16 as pairs again."""


@intrinsic
def multiply_high(typing_context, left, right):  # type: ignore[no-untyped-def]
    """``floor(left * right / 2**16)`` of int16 lanes."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        wide = _vector(32, left.count)
        product = builder.mul(*(builder.sext(argument, wide) for argument in arguments))
        sixteen = ir.Constant(wide, [16] * left.count)
        return builder.trunc(builder.ashr(product, sixteen), arguments[0].type)

    return left(left, right), build


@intrinsic
def multiply_add_pairs(typing_context, total, left, right):  # type: ignore[no-untyped-def]
    """``total + left.first * right.first + left.second * right.second``, lane by lane."""

    def half(builder: Any, pairs: Any, odd: int) -> Any:
        order = _indices(range(odd, 2 * total.count, 2))
        wide = _vector(total.scalar.bitwidth, total.count)
        return builder.sext(builder.shuffle_vector(pairs, pairs, order), wide)

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        halves = ir.VectorType(_HALF, 2 * total.count)
        pairs = [builder.bitcast(argument, halves) for argument in arguments[1:]]
        if PAIR_INSTRUCTION is not None:
            function = ir.FunctionType(arguments[0].type, [halves, halves])
            instruction = cgutils.get_or_insert_function(builder.module, function, PAIR_INSTRUCTION)
            return builder.add(arguments[0], builder.call(instruction, pairs))
        first, second = (
            builder.mul(*(half(builder, pair, odd) for pair in pairs)) for odd in (0, 1)
        )
        return builder.add(arguments[0], builder.add(first, second))

    return total(total, left, right), build


@intrinsic
def choose_above(typing_context, left, right, yes, no):  # type: ignore[no-untyped-def]
    """`yes` in every lane where ``left > right``, their bits read as unsigned, `no` elsewhere."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.select(builder.icmp_unsigned(">", *arguments[:2]), *arguments[2:])

    return left(left, left, left, left), build


@intrinsic
def zero_unless_within(typing_context, lanes, low, high):  # type: ignore[no-untyped-def]
    """Every lane from `low` to `high` as it is, 0 elsewhere."""

    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        value, low, high = arguments
        reaches = builder.icmp_signed(">=", value, low)
        within = builder.and_(reaches, builder.icmp_signed("<=", value, high))
        return builder.select(within, value, ir.Constant(value.type, None))

    return lanes(lanes, lanes, lanes), build


@intrinsic
def _choose_greater(typing_context, left, right, yes, no):  # type: ignore[no-untyped-def]
    def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.select(builder.icmp_signed(">", *arguments[:2]), *arguments[2:])

    return left(left, left, left, left), build


def choose_greater(left: Any, right: Any, yes: Any, no: Any) -> Any:
    """``yes if left > right else no``, of integers or lane by lane."""
    return yes if left > right else no


@overload(choose_greater)
def _choose(left, right, yes, no):  # type: ignore[no-untyped-def]
    if isinstance(left, Lanes):
        return lambda left, right, yes, no: _choose_greater(left, right, yes, no)
    return lambda left, right, yes, no: yes if left > right else no


def _operator(function: Callable[[Any, Any], Any], instruction: str) -> None:
    """Give Lanes a Python operator, by the name of LLVM's instruction."""

    @intrinsic
    def lanewise(typing_context, left, right):  # type: ignore[no-untyped-def]
        def build(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return getattr(builder, instruction)(*arguments)

        return left(left, right), build

    @overload(function)
    def of_lanes(left, right):  # type: ignore[no-untyped-def]
        if isinstance(left, Lanes) and left == right:
            return lambda left, right: lanewise(left, right)
        return None


for _function, _instruction in (
    (operator.add, "add"),
    (operator.sub, "sub"),
    (operator.mul, "mul"),
    (operator.and_, "and_"),
    (operator.or_, "or_"),
    (operator.xor, "xor"),
    (operator.lshift, "shl"),
    (operator.rshift, "ashr"),
):
    _operator(_function, _instruction)
