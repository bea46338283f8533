from django.http import HttpResponse
from django.urls import path


def home(request):
    return HttpResponse("home")


def handler404(request, exception):
    return HttpResponse("the platform's own page", status=404)


urlpatterns = [path("", home)]
