"""The two addresses of the service."""

import json

from codejail.safe_exec import SafeExecException, safe_exec
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from codejail_service import checks


@csrf_exempt
def execute(request: HttpRequest) -> JsonResponse:
    """Run the code of a form's `payload`, with a library of the course if there is one."""
    if not settings.CODEJAIL_ENABLED or checks.failed:
        return JsonResponse({"error": "not enabled, or not configured"}, status=500)
    payload = json.loads(request.POST["payload"])
    values = payload["globals_dict"]
    files = [(name, file.read()) for name, file in request.FILES.items()]
    try:
        safe_exec(
            payload["code"],
            values,
            python_path=payload.get("python_path") or [],
            extra_files=files,
            slug=payload.get("slug"),
        )
    except SafeExecException as error:
        return JsonResponse({"globals_dict": values, "emsg": str(error)})
    except json.JSONDecodeError:
        return JsonResponse({"globals_dict": values, "emsg": "Sandboxed code produced corrupted stdout."})
    return JsonResponse({"globals_dict": values})


def health(_request: HttpRequest) -> JsonResponse:
    """Whether its checks passed."""
    return JsonResponse({"failed": checks.failed}, status=503 if checks.failed else 200)


urlpatterns = [path("api/v0/code-exec", execute), path("health/", health)]
