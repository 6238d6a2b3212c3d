"""A small line of a figure's last steps, as a picture with words: twelve values, the last one marked.

It is an `<img>` because Streamlit's own sparkline has no name for who cannot see it. Its colour holds on both themes.
"""

import base64
import html
from collections.abc import Sequence

from app.ui.template import NEUTRAL, ONE_HUE

WIDTH, HEIGHT, EDGE = 160, 32, 4
Value = float | None


def sparkline(values: Sequence[Value], says: str) -> str:
    """The markup of the picture; nothing where fewer than two steps are known. Missing steps are gaps."""
    if sum(value is not None for value in values) < 2:
        return ""
    picture = base64.b64encode(svg(values).encode()).decode()
    alt = html.escape(says, quote=True)
    return (
        f'<img class="sparkline" alt="{alt}" src="data:image/svg+xml;base64,{picture}" width="100%" height="{HEIGHT}">'
    )


def svg(values: Sequence[Value]) -> str:
    """The picture: one line per stretch of known steps, a dot for a step that stands alone, and one for the last."""
    points = _points(values)
    drawn = []
    for stretch in _stretches(points):
        if len(stretch) == 1:
            drawn.append(_dot(stretch[0], NEUTRAL, 1.5))
        else:
            path = " ".join(f"{x:g},{y:g}" for x, y in stretch)
            drawn.append(
                f'<polyline points="{path}" fill="none" stroke="{NEUTRAL}" stroke-width="1.5" '
                'stroke-linejoin="round" vector-effect="non-scaling-stroke"/>'
            )
    if points[-1] is not None:
        drawn.append(_dot(points[-1], ONE_HUE, 3))
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMinYMid"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(drawn)}</svg>'


def _points(values: Sequence[Value]) -> list[tuple[float, float] | None]:
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    across = (WIDTH - 2 * EDGE) / max(1, len(values) - 1)
    down = (HEIGHT - 2 * EDGE) / ((high - low) or 1)
    level = HEIGHT / 2
    return [
        None
        if value is None
        else (round(EDGE + place * across, 1), round(HEIGHT - EDGE - (value - low) * down if high > low else level, 1))
        for place, value in enumerate(values)
    ]


def _stretches(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    found: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            found.append([])
        else:
            found[-1].append(point)
    return [stretch for stretch in found if stretch]


def _dot(point: tuple[float, float], colour: str, radius: float) -> str:
    return f'<circle cx="{point[0]:g}" cy="{point[1]:g}" r="{radius:g}" fill="{colour}"/>'
