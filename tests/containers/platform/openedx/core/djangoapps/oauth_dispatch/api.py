"""What others ask of OAuth."""

from oauth2_provider.models import get_access_token_model, get_grant_model, get_refresh_token_model


def destroy_oauth_tokens(user):
    """End all access that clients have in a user's name."""
    for model in (get_access_token_model(), get_refresh_token_model(), get_grant_model()):
        model.objects.filter(user=user.id).delete()
