"""What a page may ask for, by name; each verb is a function of the session and of what the page says."""

from app.site.verbs import history, lessons, own, shown

VERBS = {**shown.VERBS, **history.VERBS, **lessons.VERBS, **own.VERBS}
