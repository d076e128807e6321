"""The way through what is to be looked at before signing: in place, one after another."""

from wbmri.review.session import Session
from wbmri.review.signoff_checks import SignoffIssue


class ConcernWalk:
    """Goes from one concern of a reading to the next, and knows which were looked at.

    What was resolved on the way is left out; what is unread stays until it is read.

    Parameters
    ----------
    session
        The reading.

    Attributes
    ----------
    here
        The concern that is looked at; ``None`` before the first.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._seen: list[SignoffIssue] = []
        self.here: SignoffIssue | None = None

    @property
    def seen(self) -> tuple[SignoffIssue, ...]:
        """What was looked at."""
        return tuple(self._seen)

    @property
    def words(self) -> str:
        """The concern that is looked at, and how many are left after it."""
        if self.here is None:
            return ""
        left = sum(issue != self.here and self._open(issue) for issue in self._session.signoff_issues())
        return f"{self.here.sentence} {left} more after this." if left else f"{self.here.sentence} This is the last."

    def look(self, issue: SignoffIssue) -> None:
        """Look at a concern, at its group."""
        self.here = issue
        if issue not in self._seen:
            self._seen.append(issue)
        if issue.label is not None:
            self._session.choose(issue.label)

    def go_on(self) -> SignoffIssue | None:
        """Look at the next concern that is open and return it; ``None`` where all were looked at."""
        issues = self._session.signoff_issues()
        start = issues.index(self.here) + 1 if self.here in issues else 0
        found = next((issue for issue in (*issues[start:], *issues[:start]) if self._open(issue)), None)
        if found is not None:
            self.look(found)
        return found

    def _open(self, issue: SignoffIssue) -> bool:
        return issue.blocks or issue not in self._seen
