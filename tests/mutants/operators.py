"""Small faults that somebody could write into SQL, each as a change of one node."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlglot import exp

Operator = Callable[[exp.Expression], Iterator[exp.Expression | None]]
"""What a node may become; None: it is left out."""

_SWAPPED: dict[str, dict[type[exp.Expression], type[exp.Expression]]] = {
    "comparison": {
        exp.LT: exp.LTE,
        exp.LTE: exp.LT,
        exp.GT: exp.GTE,
        exp.GTE: exp.GT,
        exp.EQ: exp.NEQ,
        exp.NEQ: exp.EQ,
    },
    "logic": {exp.And: exp.Or, exp.Or: exp.And},
    "arithmetic": {
        exp.Add: exp.Sub,
        exp.Sub: exp.Add,
        exp.Mul: exp.Div,
        exp.Div: exp.Mul,
        exp.IntDiv: exp.Mul,
    },
}
_EXTREMES = {
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.Greatest: exp.Least,
    exp.Least: exp.Greatest,
    exp.Floor: exp.Ceil,
    exp.Ceil: exp.Floor,
}
_FILTERS = (exp.Where, exp.Having, exp.Qualify)


def _swapped(kind: str) -> Operator:
    def operator(node: exp.Expression) -> Iterator[exp.Expression]:
        other = _SWAPPED[kind].get(type(node))
        if other is not None:
            yield other(this=node.this.copy(), expression=node.expression.copy())

    return operator


def _between(node: exp.Expression) -> Iterator[exp.Expression]:
    """Leave one of the two bounds itself out."""
    if isinstance(node, exp.Between):
        value, low, high = node.this, node.args["low"], node.args["high"]
        yield exp.And(
            this=exp.GT(this=value.copy(), expression=low.copy()),
            expression=exp.LTE(this=value.copy(), expression=high.copy()),
        )
        yield exp.And(
            this=exp.GTE(this=value.copy(), expression=low.copy()),
            expression=exp.LT(this=value.copy(), expression=high.copy()),
        )


def _extreme(node: exp.Expression) -> Iterator[exp.Expression]:
    """Take the other end; a setting's lookup has one row, so both ends are it."""
    other = _EXTREMES.get(type(node))
    if other is not None and not _is_lookup(node):
        yield other(**{name: _copied(value) for name, value in node.args.items()})


def _is_lookup(node: exp.Expression) -> bool:
    """Return whether an aggregate only says that a scalar subquery has one row."""
    select = node.find_ancestor(exp.Select)
    return (
        isinstance(node, exp.Min | exp.Max)
        and isinstance(node.this, exp.Column)
        and select is not None
        and isinstance(select.parent, exp.Subquery)
        and len(select.expressions) == 1
        and select.args.get("where") is not None
        and select.args.get("group") is None
        and not isinstance(select.parent.parent, exp.From | exp.Join)
    )


def _join(node: exp.Expression) -> Iterator[exp.Expression]:
    if (
        not isinstance(node, exp.Join)
        or node.kind == "CROSS"
        or not node.args.get("on")
    ):
        return
    other = node.copy()
    if node.side == "LEFT":
        other.set("side", None)
        other.set("kind", "INNER")
        yield other
    elif not node.side:
        other.set("kind", None)
        other.set("side", "LEFT")
        yield other


def _constant(node: exp.Expression) -> Iterator[exp.Expression]:
    """Move a number by one, and turn a truth value round."""
    if isinstance(node, exp.Boolean):
        yield exp.Boolean(this=not node.this)
    if not isinstance(node, exp.Literal) or node.is_string or _is_form(node):
        return
    text = str(node.this)
    for step in (1, -1):
        moved = float(text) + step
        size = str(abs(int(moved))) if text.isdigit() else f"{abs(moved):.12g}e0"
        literal = exp.Literal(this=size, is_string=False)
        yield exp.Neg(this=literal) if moved < 0 else literal


def _is_form(node: exp.Literal) -> bool:
    """Return whether a number has no meaning of its own.

    Digits of a rounding and of a type, where one more is no fault that a test could
    want to see; the mark that a `count` counts.
    """
    parent = node.parent
    if isinstance(parent, exp.Round):
        return node.arg_key == "decimals"
    if isinstance(parent, exp.If) and isinstance(parent.parent, exp.Case):
        return isinstance(parent.parent.parent, exp.Count) and node.arg_key == "true"
    return isinstance(parent, exp.DataTypeParam | exp.Limit)


def _conjunct(node: exp.Expression) -> Iterator[exp.Expression | None]:
    """Leave out one condition of a filter or a join; the only one with its clause."""
    if isinstance(node, _FILTERS) and not isinstance(node.this, exp.And):
        yield None
    if isinstance(node, exp.And) and _filters(node):
        yield node.expression.copy()
        yield node.this.copy()


def _filters(node: exp.Expression) -> bool:
    while isinstance(node.parent, exp.And | exp.Paren):
        node = node.parent
    return isinstance(node.parent, _FILTERS) or (
        isinstance(node.parent, exp.Join) and node.arg_key == "on"
    )


def _null(node: exp.Expression) -> Iterator[exp.Expression]:
    """Take nulls as they come; ask for the opposite."""
    if isinstance(node, exp.Coalesce | exp.Nullif):
        yield node.this.copy()
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        if isinstance(node.parent, exp.Not):
            return
        yield exp.Not(this=node.copy())
    if isinstance(node, exp.Not) and not isinstance(node.parent, exp.Is):
        yield node.this.copy()


def _frame(node: exp.Expression) -> Iterator[exp.Expression]:
    """Begin or end a window's frame on another row."""
    if not isinstance(node, exp.WindowSpec):
        return
    for bound in ("start", "end"):
        value = node.args.get(bound)
        if value == "UNBOUNDED":
            changed: tuple[object, object] = (exp.Literal.number(1), None)
        elif value == "CURRENT ROW":
            changed = (exp.Literal.number(1), "PRECEDING")
        else:
            continue
        other = node.copy()
        other.set(bound, changed[0])
        if changed[1] is not None:
            other.set(f"{bound}_side", changed[1])
        yield other


def _order(node: exp.Expression) -> Iterator[exp.Expression]:
    if isinstance(node, exp.Ordered):
        other = node.copy()
        other.set("desc", not node.args.get("desc"))
        yield other


def _distinct(node: exp.Expression) -> Iterator[exp.Expression]:
    if isinstance(node, exp.Select) and node.args.get("distinct"):
        other = node.copy()
        other.set("distinct", None)
        yield other
    if isinstance(node, exp.Union):
        other = node.copy()
        other.set("distinct", not node.args.get("distinct"))
        yield other
    is_counted = isinstance(node, exp.Distinct) and isinstance(node.parent, exp.AggFunc)
    if is_counted and len(node.expressions) == 1:
        yield node.expressions[0].copy()


def _case(node: exp.Expression) -> Iterator[exp.Expression]:
    """Leave out a branch, or what is said otherwise."""
    if not isinstance(node, exp.Case):
        return
    branches = node.args["ifs"]
    if len(branches) > 1:
        for number in range(len(branches)):
            other = node.copy()
            other.set(
                "ifs", [*other.args["ifs"][:number], *other.args["ifs"][number + 1 :]]
            )
            yield other
    if node.args.get("default") is not None:
        yield node.args["default"].copy()
        other = node.copy()
        other.set("default", None)
        yield other


def _partition(node: exp.Expression) -> Iterator[exp.Expression]:
    """Leave out one key of a window's partition."""
    if isinstance(node, exp.Window):
        keys = node.args.get("partition_by") or []
        for number in range(len(keys)):
            other = node.copy()
            kept = other.args["partition_by"]
            other.set("partition_by", [*kept[:number], *kept[number + 1 :]])
            yield other


def _member(node: exp.Expression) -> Iterator[exp.Expression]:
    """Leave out one of the values of a list."""
    if isinstance(node, exp.In) and len(node.expressions) > 1:
        for number in range(len(node.expressions)):
            other = node.copy()
            kept = other.expressions
            other.set("expressions", [*kept[:number], *kept[number + 1 :]])
            yield other


OPERATORS: dict[str, Operator] = {
    "comparison": _swapped("comparison"),
    "bound": _between,
    "logic": _swapped("logic"),
    "arithmetic": _swapped("arithmetic"),
    "extreme": _extreme,
    "join": _join,
    "constant": _constant,
    "conjunct": _conjunct,
    "null": _null,
    "frame": _frame,
    "order": _order,
    "distinct": _distinct,
    "case": _case,
    "partition": _partition,
    "member": _member,
}


@dataclass(frozen=True)
class Site:
    """A place of a statement, and what happens there.

    Attributes
    ----------
    operator
        Name of the operator.
    position
        Number of the node, depth first.
    choice
        Which of the operator's changes of the node.
    within
        Name of the CTE; empty: the statement's last lines.
    before, after
        The node's text, and what it becomes; empty: it is left out.
    occurrence
        1, 2, … among the places of the CTE that read the same.
    """

    operator: str
    position: int
    choice: int
    within: str
    before: str
    after: str
    occurrence: int

    @property
    def name(self) -> str:
        """What the place is called in the list of equivalents, whatever its line."""
        number = f" #{self.occurrence}" if self.occurrence > 1 else ""
        return f"{self.within}: {self.before} → {self.after or 'nothing'}{number}"


def sites(statement: exp.Expression) -> list[Site]:
    """Return every change of a statement, in the order of its text."""
    found: list[Site] = []
    seen: dict[tuple[str, ...], int] = {}
    for position, node in enumerate(statement.dfs()):
        for operator, changes in OPERATORS.items():
            for choice, changed in enumerate(changes(node)):
                before, after = _texts(node, changed)
                within = _cte(node)
                key = (operator, within, before, after)
                seen[key] = seen.get(key, 0) + 1
                site = Site(
                    operator, position, choice, within, before, after, seen[key]
                )
                found.append(site)
    return found


def mutated(statement: exp.Expression, site: Site) -> exp.Expression:
    """Return a copy of a statement with one change."""
    copied = statement.copy()
    for position, node in enumerate(copied.dfs()):
        if position == site.position:
            changed = list(OPERATORS[site.operator](node))[site.choice]
            if changed is None:
                node.pop()
            else:
                node.replace(changed)
            return copied
    raise ValueError(f"the statement has no node {site.position}")


def _texts(node: exp.Expression, changed: exp.Expression | None) -> tuple[str, str]:
    before = node.sql(dialect="duckdb", comments=False)
    after = changed.sql(dialect="duckdb", comments=False) if changed else ""
    return before, after


def _cte(node: exp.Expression) -> str:
    cte = node.find_ancestor(exp.CTE)
    return cte.alias if cte is not None else ""


def _copied(value: object) -> object:
    if isinstance(value, exp.Expression):
        return value.copy()
    if isinstance(value, list):
        return [_copied(each) for each in value]
    return value
