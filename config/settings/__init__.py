# ruff: noqa: F403
"""Django's settings, by what they are about; everything that differs between machines is read from the environment.

``site`` comes first: where this is and whose keys it has. The others build on it and on none of each other.
"""

from config.settings.access import *
from config.settings.contract import *
from config.settings.delivery import *
from config.settings.exchange import *
from config.settings.framework import *
from config.settings.processes import *
from config.settings.providers import *
from config.settings.site import *
