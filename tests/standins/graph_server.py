"""The stand-in for the Graph API, under the roof of the others. ``config.simulator``, where it lives, serves it."""

from config.simulator.graph import GraphServer
from config.simulator.records import APP_SECRET, BUSINESS_ACCOUNT_ID, PHONE_NUMBER_ID, TOKEN, Number, Said, Sent

__all__ = ["APP_SECRET", "BUSINESS_ACCOUNT_ID", "PHONE_NUMBER_ID", "TOKEN", "GraphServer", "Number", "Said", "Sent"]
