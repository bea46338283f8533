"""Columns with personal data in the databases of the platform and its companion services.

Sources: the annotations `.. pii:` in edx-platform and the libraries that it installs, and its list of models
that can't be annotated (.annotation_safe_list.yml); columns with answers and texts of learners beside them. A
release that lacks a table or a column has nothing to mask there, so that one list holds for all releases.
"""

from collections.abc import Mapping

_COLUMNS = """
auth_user: username=username email=email first_name=empty last_name=empty password=unusable
auth_userprofile: name=name meta=object language=empty location=empty year_of_birth=null gender=null \
 level_of_education=null mailing_address=null city=null country=null state=null goals=null bio=null \
 phone_number=null profile_image_uploaded_at=null
auth_registration: activation_key=token
auth_accountrecovery: secondary_email=email
core_user: username=username email=email full_name=name first_name=empty last_name=empty password=unusable
student_pendingnamechange: new_name=name rationale=text
student_pendingemailchange: new_email=email activation_key=token
student_pendingsecondaryemailchange: new_secondary_email=email activation_key=token
student_sociallink: social_link=empty
student_manualenrollmentaudit: enrolled_email=email reason=text
student_historicalmanualenrollmentaudit: enrolled_email=email reason=text
student_courseenrollmentallowed: email=email
student_userattribute: value=text
student_userpasswordtogglehistory: comment=text
student_passwordhistory: password=unusable
student_accountrecoveryconfiguration: csv_file=empty
verify_student_softwaresecurephotoverification: name=name face_image_url=empty photo_id_image_url=empty \
 photo_id_key=empty receipt_id=token error_msg=text
verify_student_manualverification: name=name reason=text
verify_student_ssoverification: name=name identity_provider_slug=text
verify_student_verificationattempt: name=name
edx_name_affirmation_verifiedname: verified_name=name profile_name=name
edx_name_affirmation_historicalverifiedname: verified_name=name profile_name=name
certificates_generatedcertificate: name=name download_url=empty error_reason=text
certificates_historicalgeneratedcertificate: name=name download_url=empty error_reason=text
certificates_certificateinvalidation: notes=text
certificates_historicalcertificateinvalidation: notes=text
certificates_certificateallowlist: notes=text
certificates_historicalcertificateallowlist: notes=text
credentials_usercredential: username=username download_url=empty
credentials_programcertificate: title=keep
credit_creditrequirementstatus: username=username reason=object
credit_historicalcreditrequirementstatus: username=username reason=object
credit_crediteligibility: username=username
credit_creditrequest: username=username parameters=object
credit_historicalcreditrequest: username=username parameters=object
user_api_userretirementstatus: original_username=username original_email=email original_name=name \
 retired_username=username retired_email=email responses=text
user_api_userretirementpartnerreportingstatus: original_username=username original_email=email \
 original_name=name
external_user_ids_externalid: external_user_id=uuid
external_user_ids_historicalexternalid: external_user_id=uuid
course_groups_unregisteredlearnercohortassignments: email=email
course_creators_coursecreator: note=text
api_admin_apiaccessrequest: website=empty reason=text company_name=text company_address=text
api_admin_historicalapiaccessrequest: website=empty reason=text company_name=text company_address=text
lti_provider_ltiuser: lti_user_id=token
lti_provider_lticonsumer: consumer_secret=token
lti_provider_gradedassignment: lis_result_sourcedid=token
lti_consumer_ltiagsscore: comment=text
third_party_auth_oauth2providerconfig: secret=empty
third_party_auth_samlconfiguration: private_key=empty
third_party_auth_ltiproviderconfig: lti_consumer_secret=empty
program_enrollments_programenrollment: external_user_key=token
program_enrollments_historicalprogramenrollment: external_user_key=token
survey_surveyanswer: field_value=text
entitlements_courseentitlementsupportdetail: comments=text
entitlements_historicalcourseentitlementsupportdetail: comments=text
support_courseresetaudit: comment=text
instructor_task_instructortask: task_input=object task_output=null
bulk_email_courseemail: subject=keep
save_for_later_savedcourse: email=email
save_for_later_savedprogram: email=email
notifications_notification: content_context=object
embargo_ipfilter: whitelist=empty blacklist=empty
grades_persistentsubsectiongradeoverride: override_reason=text
courseware_studentmodule: state=object
courseware_studentmodulehistory: state=object
coursewarehistoryextended_studentmodulehistoryextended: state=object
submissions_submission: raw_answer=answer
submissions_scoreannotation: reason=text
submissions_externalgraderdetail: grader_reply=text
assessment_assessment: feedback=text
assessment_assessmentpart: feedback=text
assessment_assessmentfeedback: feedback_text=text
assessment_sharedfileupload: description=text name=text
assessment_historicalsharedfileupload: description=text name=text
workflow_assessmentworkflowcancellation: comments=text
queue_submission: requester_id=token xqueue_header=object xqueue_body=object grader_reply=object \
 s3_keys=object s3_urls=object grader_id=text
v1_note: user_id=keep text=text quote=text tags=list
forum_commentthread: author_username=username retired_username=username title=text body=text
forum_comment: author_username=username retired_username=username body=text
forum_edithistory: original_body=text
forum_moderationauditlog: body=text
wiki_articlerevision: content=text user_message=text automatic_log=text ip_address=ip
wiki_revisionpluginrevision: user_message=text automatic_log=text ip_address=ip
teams_courseteam: name=name description=text
proctoring_proctoredexamstudentattempt: student_name=name last_poll_ipaddr=ip
proctoring_proctoredexamstudentattempthistory: student_name=name last_poll_ipaddr=ip
proctoring_proctoredexamsoftwaresecurereview: raw_data=object
proctoring_proctoredexamsoftwaresecurereviewhistory: raw_data=object
proctoring_proctoredexamsoftwaresecurecomment: comment=text
proctoring_proctoredexamstudentallowance: value=keep
consent_datasharingconsent: username=username
consent_historicaldatasharingconsent: username=username
enterprise_pendingenterprisecustomeruser: user_email=email
enterprise_historicalpendingenterprisecustomeruser: user_email=email
enterprise_pendingenterprisecustomeradminuser: user_email=email
enterprise_historicalpendingenterprisecustomeradminuser: user_email=email
oauth2_provider_application: client_secret=token
"""

EMPTIED = (
    "authtoken_token",
    "celery_utils_chorddata",
    "celery_utils_failedtask",
    "courseware_xmodulestudentinfofield",
    "courseware_xmodulestudentprefsfield",
    "courseware_xmoduleuserstatesummaryfield",
    "demographics_historicaluserdemographics",
    "demographics_userdemographics",
    "demographics_userdemographics_user_ethnicity",
    "django_admin_log",
    "django_celery_results_chordcounter",
    "django_celery_results_groupresult",
    "django_celery_results_taskresult",
    "django_openid_auth_useropenid",
    "django_session",
    "oauth2_provider_accesstoken",
    "oauth2_provider_grant",
    "oauth2_provider_idtoken",
    "oauth2_provider_refreshtoken",
    "push_notifications_apnsdevice",
    "push_notifications_gcmdevice",
    "push_notifications_webpushdevice",
    "push_notifications_wnsdevice",
    "social_auth_association",
    "social_auth_code",
    "social_auth_nonce",
    "social_auth_partial",
    "social_auth_usersocialauth",
    "track_trackinglog",
)
"""Tables that lose all rows: sessions, tokens, logins by other sites, and values that nothing refers to."""

BY_NAME: Mapping[str, str] = {
    r"(.*_)?e_?mail(_address)?": "email",
    r"(.*_)?user_?name": "username",
    r"(.*_)?(ip|ip_?addr(ess)?|remote_addr)": "ip",
    r"(first|last|full|student|learner|legal)_name": "name",
    r"(.*_)?(phone|telephone|mobile)(_number)?|bill_to_.*|mailing_address|postal_address": "empty",
    r"password": "unusable",
}
"""What a column of a table that the list leaves out holds, by the name of the column, which is text."""

AUTHORED = (
    "content_libraries_",
    "content_staging_",
    "contentstore_",
    "course_overviews_",
    "django_site",
    "edxval_",
    "oel_",
    "openedx_content_",
    "openedx_tagging_",
    "organizations_",
    "site_configuration_",
    "split_modulestore_",
)
"""Tables of courses and of the site begin so: e-mail addresses in their texts are contacts that authors
wrote, and are left as they are."""


def columns() -> dict[str, dict[str, str]]:
    """Tables with their columns, and how each is masked."""
    lines = _COLUMNS.strip().splitlines()
    return {
        table: dict(each.split("=") for each in said.split())
        for table, _, said in (line.partition(":") for line in lines)
    }
