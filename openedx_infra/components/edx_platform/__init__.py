"""What runs edx-platform's code: LMS, Studio, Celery workers, scheduled commands."""
