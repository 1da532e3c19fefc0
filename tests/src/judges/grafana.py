"""Reads a dashboard on stdin into Grafana's own model and writes it again, as its SDK does.

Prints a list of what was lost or changed on the way: keys that the model does not know, and values that it does not
take. What the model adds is what Grafana takes where nothing is said.
"""

import json
import sys

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(before, after, path):
    """What `after` does not have of `before`."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            here = f"{path}.{key}"
            if key in after:
                yield from lost(value, after[key], here)
            else:
                yield f"{here} is lost"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after)):
            yield from lost(*pair, f"{path}[{index}]")
    elif type(before) is not type(after) or before != after:
        yield f"{path} was {before!r} and is {after!r}"


plugins.register_default_plugins()
dashboard = json.load(sys.stdin)
again = json.loads(json.dumps(Dashboard.from_json(dashboard), cls=JSONEncoder))
print(json.dumps(list(lost(dashboard, again, ""))))
