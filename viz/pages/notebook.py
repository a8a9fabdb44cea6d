"""What a notebook shows: a picture as an image; a page in a frame, or a picture and a sentence where it may not run.

A notebook that is not trusted, as on GitHub or as a fresh JupyterLab opens it, leaves out frames, scripts, styles and
SVG, but not the texts in SVG. An image with the SVG as its data is shown everywhere.
"""

import base64

from viz.pages.markup import Html, element

FRAME_HEIGHT_PX = 640  # height of a page: enough for a chart and its controls
REST = "The page that moves is not shown here: run this cell, or open the page as a file, written by save(path)."


def image(svg: str, alt: str) -> Html:
    """Return a picture as an image, as wide as it is; a wide one scrolls."""
    data = base64.b64encode(svg.encode()).decode()
    shown = element("img", src=f"data:image/svg+xml;base64,{data}", alt=alt, style="max-width:none")
    return element("div", shown, style="max-width:100%;overflow-x:auto")


def framed(page: str, title: str, still: str) -> Html:
    """Return a page in a frame, so that its rules and its script do not affect the notebook.

    The image `still` and a sentence are hidden by a style, which is left out where the frame is.
    """
    frame = element(
        "iframe",
        srcdoc=page,
        title=title,
        sandbox="allow-scripts",
        allow="fullscreen",
        width="100%",
        height=FRAME_HEIGHT_PX,
        style="border:0",
    )
    hidden = element("style", Html(".chainrule > iframe ~ * { display: none }"))
    return element("div", hidden, frame, Html(still), element("p", REST), class_="chainrule")
