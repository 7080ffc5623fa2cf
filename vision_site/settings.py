"""Every setting of the site, read from the environment in this one place; docs/configuration.md explains each."""

import os
from pathlib import Path

from vision_site.data_folder import DataFolder
from vision_site.environment import (
    database_settings,
    env_address,
    env_bool,
    env_choice,
    env_contact,
    env_currency,
    env_headers,
    env_int,
    env_list,
    env_networks,
    env_ports,
    env_redis,
    env_secret,
    env_text,
    header_secrets,
)
from vision_site.server_url import passwords_in

BASE_DIR = Path(__file__).resolve().parent.parent

# Where it listens and what it keeps.
HOST = env_text("HOST") or "127.0.0.1"
PORT = env_int("PORT", 8000)
DATA_DIR = Path(os.path.realpath(env_text("DATA_DIR") or BASE_DIR / "var"))
DATABASE_URL = env_secret("DATABASE_URL")
S3_BUCKET = env_text("S3_BUCKET")
DATA_FOLDER = DataFolder(DATA_DIR, database=not DATABASE_URL, pictures=not S3_BUCKET)

SECRET_KEY = env_secret("SECRET_KEY") or DATA_FOLDER.secret()
DEBUG = env_bool("DEBUG", False)
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS") or [
    *LOOPBACK_HOSTS,
    *([] if HOST in ("0.0.0.0", "::") else [HOST]),  # noqa: S104  compared, not bound
]
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", 0)
METRICS_TOKEN = env_secret("METRICS_TOKEN")
SERVED_BY_HTTPS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)

# The first endpoint. Its key stays here and in the environment: it is written to no row.
VISION_API_KEY = env_secret("VISION_API_KEY")
VISION_BASE_URL = env_address("VISION_BASE_URL", login=True) or (
    "https://www.kkiai.com/v1" if VISION_API_KEY else ""
)
VISION_MODEL = env_text("VISION_MODEL") or (
    "claude-sonnet-4-20250514" if VISION_API_KEY and not env_text("VISION_BASE_URL") else ""
)
VISION_HEADERS = env_headers("VISION_HEADERS")
VISION_CA_FILE = env_text("VISION_CA_FILE")
VISION_TIMEOUTS = {
    "connect": env_int("VISION_CONNECT_TIMEOUT", 10, 1),
    "first_byte": env_int("VISION_FIRST_BYTE_TIMEOUT", 300, 1),
    "between_bytes": env_int("VISION_BETWEEN_BYTES_TIMEOUT", 120, 1),
    "whole_call": env_int("VISION_CALL_TIMEOUT", 600, 1),
}
VISION_LIMITS = {
    "max_in_flight": env_int("VISION_MAX_IN_FLIGHT", 0),
    "requests_per_minute": env_int("VISION_REQUESTS_PER_MINUTE", 0),
    "tokens_per_minute": env_int("VISION_TOKENS_PER_MINUTE", 0),
}
VISION_STREAM_PAGES = env_bool("VISION_STREAM_PAGES", False)

CURRENCY = env_currency("CURRENCY", "USD")

# Made at the first start, if no user exists.
FIRST_ADMIN = {
    "username": env_text("DJANGO_SUPERUSER_USERNAME"),
    "password": env_secret("DJANGO_SUPERUSER_PASSWORD"),
    "email": env_text("DJANGO_SUPERUSER_EMAIL"),
}

# The engine. Times in seconds.
WORKER_CONCURRENCY = env_int("WORKER_CONCURRENCY", 64, 1)
LEASE_SECONDS = env_int("LEASE_SECONDS", 30, 1)
HEARTBEAT_SECONDS = env_int("HEARTBEAT_SECONDS", 5, 1)
SWEEP_SECONDS = env_int("SWEEP_SECONDS", 1, 1)
BACKOFF_FIRST_SECONDS = 1
BACKOFF_MOST_SECONDS = 60
TRIES = 8
CALLER_TRIES = 5  # of a call at our own endpoint: some ten seconds in all
PATIENCE_SECONDS = 120  # a longer Retry-After fails an interactive ask at once
OFFLINE_PATIENCE_SECONDS = 24 * 3600  # tries without a connection do not count for so long
LATER_PATIENCE_SECONDS = 3600  # nor those that an endpoint answered by "later"; a batch's for a day
STORM_SECONDS = 600  # after so long without a "later" an endpoint's gate is wide open again
PROBE_SECONDS = 60
GRACE_SECONDS = env_int("GRACE_SECONDS", 30)
MIGRATE_WAIT_SECONDS = env_int("MIGRATE_WAIT_SECONDS", 600)

# What may be uploaded.
IMAGE_MAX_BYTES = env_int("IMAGE_MAX_BYTES", 50 * 2**20, 1)
IMAGE_MAX_PIXELS = env_int("IMAGE_MAX_PIXELS", 200_000_000, 1)
IMAGES_PER_ASK = env_int("IMAGES_PER_ASK", 20, 1)
IMAGES_PER_SET = 500  # for an answer each, of a page or a script
UPLOAD_MAX_BYTES = env_int("UPLOAD_MAX_BYTES", 250 * 2**20, 1)
UPLOAD_SILENCE_SECONDS = env_int("UPLOAD_SILENCE_SECONDS", 60, 1)
UPLOADS_PER_HOUR = env_int("UPLOADS_PER_HOUR", 20_000)
UPLOAD_BYTES_PER_HOUR = env_int("UPLOAD_BYTES_PER_HOUR", 50 * 2**30)
IMAGE_LINK_PORTS = env_ports("IMAGE_LINK_PORTS")
CONTACT = env_contact("CONTACT", next(iter(env_list("CSRF_TRUSTED_ORIGINS")), ""))
IMAGE_LINK_NETWORKS = env_networks("IMAGE_LINK_NETWORKS")
WEBHOOK_PORTS = env_ports("WEBHOOK_PORTS")
WEBHOOK_NETWORKS = env_networks("WEBHOOK_NETWORKS")
DECODE_BUDGET_BYTES = env_int("DECODE_BUDGET_BYTES", 400 * 2**20, 1)
QUESTION_MAX_CHARACTERS = 100_000
ENDPOINT_BODY_BYTES = env_int("ENDPOINT_BODY_BYTES", 32 * 2**20, 1)
ENDPOINT_CONCURRENCY = env_int("ENDPOINT_CONCURRENCY", 256, 1)
ENDPOINT_WAIT_SECONDS = env_int("ENDPOINT_WAIT_SECONDS", 60)
PERSON_SHARE_PERCENT = env_int("PERSON_SHARE_PERCENT", 80, 1)
QUEUED_PER_PERSON = env_int("QUEUED_PER_PERSON", 10_000, 1)
LIVE_STREAMS = env_int("LIVE_STREAMS", 1000)
LIVE_STREAMS_PER_PERSON = env_int("LIVE_STREAMS_PER_PERSON", 50)
STANDING_SECONDS = env_int("STANDING_SECONDS", 20, 1)
EXPORTS_PER_PERSON = 4  # at once, in one process
WEBHOOKS_PER_PERSON = 5
WEBHOOK_BACKOFF_MOST_SECONDS = 3600
WEBHOOK_DELIVERY_SECONDS = 24 * 3600  # after so long a delivery is given up
WEBHOOK_PATIENCE_SECONDS = 3 * 24 * 3600  # one that has failed for so long is paused
WEBHOOK_KEEP_SECONDS = 30 * 24 * 3600  # the list of deliveries
UNDO_MINUTES = min(env_int("UNDO_MINUTES", 60), 366 * 24 * 60)
RETENTION_DAYS = min(env_int("RETENTION_DAYS", 0), 36_500)
RETENTION_NOTICE_DAYS = 7  # for so long pages tell of it before it begins
IMAGE_KEEP_SECONDS = 24 * 3600  # a picture that nothing shows any more
ORPHAN_KEEP_SECONDS = 3600  # a file without a row
SUBMIT_TOKEN_SECONDS = 24 * 3600
DATA_UPLOAD_MAX_NUMBER_FILES = 2000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**18  # in memory for each upload under way, however many there are
FILE_UPLOAD_HANDLERS = ["describer.edge.upload.SpooledUpload"]
FILE_UPLOAD_PERMISSIONS = 0o600

INSTALLED_APPS = [
    "describer.apps.DescriberConfig",
    "describer.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "heroicons",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "describer.middleware.keep_private",
    "describer.middleware.only_utf8",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "describer.middleware.welcome_first_visitor",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "vision_site.urls"
ASGI_APPLICATION = "vision_site.asgi.application"
AUTH_USER_MODEL = "describer.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "describer.web.context_processors.frame",
            ],
        },
    },
]

if DATABASE_URL:
    DATABASES = {"default": database_settings(DATABASE_URL)}
    if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        # With the pool, closing gives the connection back, so that none is held across a call. It waits five seconds
        # for a database that is away, and begins anew then: its pauses between tries would grow to minutes.
        DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
        DATABASES["default"]["ENGINE"] = "vision_site.postgresql"
        DATABASES["default"]["OPTIONS"]["pool"] = {
            "min_size": 2,
            "max_size": 16,
            "timeout": 5,
            "reconnect_timeout": 5,
        }
else:
    DATA_FOLDER.make()
    DATABASES = {
        "default": {
            "ENGINE": "vision_site.sqlite",
            "NAME": DATA_FOLDER.database,
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": env_int("SQLITE_WAIT_SECONDS", 20, 1),
                # FULL: an attempt's row is a promise about money and shall survive a power cut.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-1024;",
            },
        }
    }

REDIS_URL = env_redis("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 1},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
# Bounded everywhere: a broker that is away must cost a submit less than a second.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_connect_timeout": 0.3, "socket_timeout": 5, "max_retries": 0, "visibility_timeout": 3600}
    if REDIS_URL
    else {"polling_interval": 0.01}
)
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "describer"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CHANNEL_ERROR_RETRY = True  # a Redis that refuses writes for a while ends no worker
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = WORKER_CONCURRENCY
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TASK_ACKS_LATE = False
CELERY_TIMEZONE = "UTC"

# Pictures: in files, or in a bucket that nobody but the site reads.
S3_ENDPOINT = env_address("S3_ENDPOINT")
S3_OPTIONS = {
    "bucket_name": S3_BUCKET,
    "endpoint_url": S3_ENDPOINT or None,
    "region_name": env_text("S3_REGION") or "us-east-1",
    "location": env_text("S3_PREFIX").strip("/"),
    "access_key": env_secret("S3_ACCESS_KEY") or None,
    "secret_key": env_secret("S3_SECRET_KEY") or None,
    "addressing_style": "path" if env_bool("S3_PATH_STYLE", bool(S3_ENDPOINT)) else "virtual",
}
STORAGES = {
    "default": {"BACKEND": "describer.media.s3.Bucket", "OPTIONS": S3_OPTIONS}
    if S3_BUCKET
    else {
        "BACKEND": "describer.media.storage.WholeFiles",
        "OPTIONS": {"location": DATA_DIR / "media", "base_url": None},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "ask"
LOGOUT_REDIRECT_URL = "login"

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], ["ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "describer.web.login.locked_out"
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_HANDLER = "describer.web.login_guard.CountedLogins"
# axes would ask ipware, which takes a chain of as many addresses as there are proxies for one that is too short.
AXES_CLIENT_IP_CALLABLE = "describer.web.login_guard.address_of"

SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVED_BY_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "describer.web.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE = "en"
TIME_ZONE = env_text("TIME_ZONE") or "UTC"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = True
LOCALE_PATHS = [BASE_DIR / "locale"]

LOG_LEVEL = (env_text("LOG_LEVEL") or "INFO").upper()
LOG_FORMAT = env_choice("LOG_FORMAT", "text", "json")
SECRETS = [  # never in a log line
    *(VISION_API_KEY, SECRET_KEY, METRICS_TOKEN, S3_OPTIONS["secret_key"] or ""),
    *header_secrets(VISION_HEADERS),
    *passwords_in(DATABASE_URL, REDIS_URL, VISION_BASE_URL),
]
DEFAULT_EXCEPTION_REPORTER_FILTER = "vision_site.hidden.HiddenSettings"
# Below INFO Django tells statements with their values, boto requests with their headers.
FOREIGN_LOG_LEVEL = LOG_LEVEL
if LOG_LEVEL in ("DEBUG", "NOTSET"):
    FOREIGN_LOG_LEVEL = "INFO"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "text": {"()": "vision_site.logs.LineFormatter", "secrets": SECRETS},
        "json": {"()": "vision_site.logs.JsonFormatter", "secrets": SECRETS},
    },
    "filters": {
        "callers_fault": {"()": "vision_site.logs.CallersFault"},
        "log_context": {"()": "describer.lib.log_context.LogContextFilter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["callers_fault", "log_context"],
        },
    },
    "root": {"handlers": ["stderr"], "level": FOREIGN_LOG_LEVEL},
    "loggers": {
        "describer": {"level": LOG_LEVEL},
        "vision_site": {"level": LOG_LEVEL},
        "django": {"handlers": [], "propagate": True, "level": FOREIGN_LOG_LEVEL},
        "django.db.backends": {"level": FOREIGN_LOG_LEVEL},
        "django.server": {"handlers": [], "propagate": True},
        "axes": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "uvicorn": {"level": "WARNING"},
        "PIL": {"level": "WARNING"},
    },
}
