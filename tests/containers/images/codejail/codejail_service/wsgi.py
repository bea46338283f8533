"""What gunicorn serves: the checks are done before it forks its workers."""

from codejail.jail_code import configure, set_limit
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from codejail_service import checks

application = get_wsgi_application()
configure("python", settings.CODE_JAIL["python_bin"], user=settings.CODE_JAIL["user"])
for name, value in settings.CODE_JAIL["limits"].items():
    set_limit(name, value)
checks.run()
