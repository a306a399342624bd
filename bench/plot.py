"""Plots of what grows with the number of packages, as SVG."""

COLOURS = {"naja": "#0a7", "uv": "#b50"}


def svg(rows, dashes, words):
    """Milliseconds over packages: a colour for each tool, a dash for each command.

    A row is a number of packages and the seconds by tool and command; `words` are the lines above, in which
    `{top}` is the largest value.
    """
    wide, high, edge = 640, 360, 60
    most, top = rows[-1][0], max(max(times.values()) for _, times in rows)
    at = lambda size, time: (
        edge + (wide - 2 * edge) * size / most,
        high - edge - (high - 2 * edge) * time / top,
    )
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-size="12">']
    lines.append(f'<rect width="{wide}" height="{high}" fill="white"/>')
    for tool, colour in COLOURS.items():
        for name, dash in dashes.items():
            points = " ".join("{:.1f},{:.1f}".format(*at(size, times[tool, name])) for size, times in rows)
            lines.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
            )
        x, y = at(rows[-1][0], max(rows[-1][1][tool, name] for name in dashes))
        lines.append(f'<text x="{x + 4:.0f}" y="{y:.0f}" fill="{colour}">{tool}</text>')
    for size, _ in rows:
        x, y = at(size, 0)
        lines.append(f'<text x="{x:.0f}" y="{y + 16:.0f}" text-anchor="middle">{size}</text>')
    for number, line in enumerate(reversed(words)):
        shown = line.format(top=f"{1000 * top:.0f} ms")
        lines.append(f'<text x="4" y="{edge - 12 - 18 * number}">{shown}</text>')
    return "\n".join(lines) + "</svg>"
