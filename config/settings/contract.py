"""The HTTP contract: how often and how much may be asked, how the API is read and written, how it describes itself."""

from __future__ import annotations

from config.settings.site import env

LIMITS = env("LIMITS", default="on").lower() not in {"off", "0", "false", "no"}
# In a minute: of an address, the first two and the last; of a person, the exports. A tenant's plan says the rest.
RATES = {
    "ANONYMOUS": env.int("ANONYMOUS_PER_MINUTE", default=300),
    "SIGN_INS": env.int("SIGN_INS_PER_MINUTE", default=60),
    "EXPORTS": env.int("EXPORTS_PER_MINUTE", default=20),
    "REFUSED_WEBHOOKS": env.int("REFUSED_WEBHOOKS_PER_MINUTE", default=60),
}

MAX_BODY_BYTES = 3 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
# What may be sent in one POST elsewhere, in bytes by path: files that are imported.
BODY_LIMITS = {
    r"/api/user/(imports|(products|contacts|personal/tasks|personal/appointments)/import)": (20 + 1) * 1024 * 1024,
}
CHUNKED_PATHS = {"/api/whatsapp/webhook"}  # whose view reads a body of a length unsaid itself, up to that
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tenants.authentication.BearerAuthentication",
        "tenants.keys_authentication.KeyAuthentication",
        "tenants.authentication.PageSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["tenants.authentication.IsTenant"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["tenants.contract.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "tenants.contract.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": [],
    "EXCEPTION_HANDLER": "tenants.errors.json_error",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Recado",
    "DESCRIPTION": (
        "Assistants for small businesses: catalogue, agenda, chat, inbox, and what comes with them.\n\n"
        "How to make a key, page, try again safely and be told of events: [guide for developers](/developers/api)."
    ),
    "EXTERNAL_DOCS": {"description": "Guide for developers", "url": "/developers/api"},
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.add_errors",
        "config.descriptions.describe",
        "config.links.link",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AccountRole": "tenants.models.User.Role",
        "MessageRole": "messaging.models.Message.Role",
        "AssistantType": "messaging.models.AssistantType",
        "MessageStatus": "messaging.models.Message.Status",
        "MessageKind": "messaging.models.Message.Kind",
        "DeliveryStatus": "messaging.deliveries.Delivery.Status",
        "ConversationChannel": "messaging.models.Conversation.Channel",
        "AppointmentStatus": "agenda.models.Appointment.Status",
        "TaskStatus": "agenda.models.Task.Status",
        "DraftKind": "agenda.serializers.DRAFT_KINDS",
        "ImportStatus": "tenants.exchange.import_jobs.ImportJob.Status",
        "ExportStatus": "tenants.exchange.export_jobs.ExportJob.Status",
    },
}
