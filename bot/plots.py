"""Two plots as inline SVG, coloured by the page's CSS classes so that they follow its theme."""

from collections.abc import Iterable, Sequence
from html import escape

from bot.measures import Bin, CurvePoint

WIDTH, HEIGHT = 400, 320
LEFT, RIGHT, TOP, BOTTOM = 52, 388, 14, 268
MOST_POINTS = 300


def reliability_diagram(bins: Sequence[Bin]) -> str:
    """Return bars of the share right by confidence; on the dashed diagonal both are equal.

    The fuller a bar's colour, the more replies stand behind it.
    """
    most = max((bin_.size for bin_ in bins), default=0)
    bars = "".join(_bar(bin_, most) for bin_ in bins)
    diagonal = f'<path class="guide" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>'
    return _plot(
        "Reliability diagram",
        "Share of best candidates that are right, for each range of confidence. "
        + " ".join(f"{said(bin_)}." for bin_ in bins if bin_.size),
        ("confidence", "share right"),
        bars + diagonal,
    )


def coverage_plot(
    points: Sequence[CurvePoint],
    in_scope: float,
    shipped: tuple[float, float] | None,
) -> str:
    """Return accuracy against coverage, as the cut on confidence falls.

    ``in_scope`` is the share of questions in scope, drawn as a dashed line: beyond it every
    further answer is wrong. ``shipped`` is (coverage, accuracy) of the answers given, a dot.
    """
    line = " ".join(f"{_x(point.coverage)},{_y(point.accuracy)}" for point in _thinned(points))
    marks = f'<path class="guide" d="M{_x(in_scope)} {_y(0)}V{_y(1)}"/>'
    marks += f'<polyline class="curve" points="{line}"/>'
    told = f"{in_scope:.0%} of the questions are in scope."
    if shipped is not None:
        told += f" As shipped, {shipped[0]:.0%} are answered, {shipped[1]:.1%} of these right."
        marks += (
            f'<circle class="dot" cx="{_x(shipped[0])}" cy="{_y(shipped[1])}" r="6">'
            f"<title>{escape(told)}</title></circle>"
        )
    return _plot(
        "Coverage against accuracy",
        f"Share right among the questions answered, by the share answered. {told}",
        ("share of questions answered", "share right of these"),
        marks,
    )


def said(bin_: Bin) -> str:
    """Return a bin of one or more replies in words."""
    return (
        f"Confidence {bin_.low:.2f} to {bin_.high:.2f}: {bin_.size} replies,"
        f" {bin_.accuracy:.0%} right at a mean confidence of {bin_.confidence:.0%}"
    )


def _bar(bin_: Bin, most: int) -> str:
    if not bin_.accuracy:
        return ""
    left, top = _x(bin_.low) + 1, _y(bin_.accuracy)
    return (
        f'<rect class="bar" x="{left}" y="{top}" width="{_x(bin_.high) - left - 1:.1f}"'
        f' height="{_y(0) - top:.1f}" fill-opacity="{0.3 + 0.7 * bin_.size / most:.2f}">'
        f"<title>{escape(said(bin_))}</title></rect>"
    )


def _plot(title: str, description: str, axes: tuple[str, str], marks: str) -> str:
    key = title.lower().replace(" ", "-")
    middle_x, middle_y = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-labelledby="{key}-title {key}-description">'
        f'<title id="{key}-title">{escape(title)}</title>'
        f'<desc id="{key}-description">{escape(description)}</desc>'
        f"{_grid()}{marks}"
        f'<text class="axis" x="{middle_x}" y="{HEIGHT - 12}">{escape(axes[0])}</text>'
        f'<text class="axis" transform="rotate(-90 14 {middle_y})" x="14" y="{middle_y}">'
        f"{escape(axes[1])}</text></svg>"
    )


def _grid() -> str:
    return "".join(_grid_lines(tick / 5) for tick in range(6))


def _grid_lines(share: float) -> str:
    x, y = _x(share), _y(share)
    return (
        f'<path class="grid" d="M{LEFT} {y}H{RIGHT}M{x} {TOP}V{BOTTOM}"/>'
        f'<text class="tick right" x="{LEFT - 6}" y="{y + 4}">{share:.1f}</text>'
        f'<text class="tick" x="{x}" y="{BOTTOM + 18}">{share:.1f}</text>'
    )


def _thinned(points: Sequence[CurvePoint]) -> Iterable[CurvePoint]:
    """Keep at most about MOST_POINTS points, the first and the last among them."""
    step = max(1, len(points) // MOST_POINTS)
    return [*points[:-1:step], *points[-1:]]


def _x(share: float) -> float:
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _y(share: float) -> float:
    return round(BOTTOM - share * (BOTTOM - TOP), 1)
