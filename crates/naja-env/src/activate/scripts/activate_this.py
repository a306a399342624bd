"""Activates this virtual environment in the Python that runs this file.

    runpy.run_path("path/to/activate_this.py")

Its packages come first from then on. Programs that are started find its programs first.
"""

import os
import site
import sys

try:
    this_file = os.path.abspath(__file__)
except NameError:
    raise RuntimeError(
        "use runpy.run_path(this_file), or exec(code, {'__file__': this_file})"
    ) from None

bin_dir = os.path.dirname(this_file)
root = bin_dir[: -len(@BIN@) - 1]

old_path = os.environ.get("PATH")
os.environ["PATH"] = bin_dir if not old_path else bin_dir + os.pathsep + old_path
os.environ["VIRTUAL_ENV"] = root
os.environ["VIRTUAL_ENV_PROMPT"] = @PROMPT@
os.environ.pop("PYTHONHOME", None)

known = len(sys.path)
for directory in @SITE_DIRS@:
    site.addsitedir(os.path.join(root, directory))
sys.path[:] = sys.path[known:] + sys.path[:known]

sys.real_prefix = sys.prefix
sys.prefix = root
