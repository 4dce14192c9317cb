"""The OpenFeature provider: `pip install yardarm[openfeature]`.

>>> from openfeature import api
>>> from yardarm import Client
>>> from yardarm.openfeature import Provider
>>> api.set_provider_and_wait(Provider(Client("http://localhost:3524", "yd_srv_…")))  # doctest: +SKIP
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode, ProviderNotReadyError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.provider import AbstractProvider, Metadata
from openfeature.track import TrackingEventDetails

from ._client import Client
from ._native import Details
from ._status import State, Status

_T = TypeVar("_T")


class Provider(AbstractProvider):
    """Answers as the client does. `shutdown` closes the client; `limit`: seconds that initialisation waits for it."""

    def __init__(self, client: Client, *, limit: float = 5.0) -> None:
        super().__init__()
        self._client = client
        self._limit = limit
        self._state: State = "NOT_READY"
        self._unobserve: Callable[[], None] | None = None

    def get_metadata(self) -> Metadata:
        """Its name."""
        return Metadata(name="yardarm")

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Waits until the client is ready. Flags answer from what it has in any case."""
        self._client.wait_ready(self._limit)
        status = self._client.status
        # The SDK takes a provider for ready that initialises without an error, whatever it is told meanwhile.
        self._state = "NOT_READY" if status.version is None else "READY"
        self._unobserve = self._client.observe(self._tell)
        if status.version is None:
            raise ProviderNotReadyError(status.error or f"nothing was heard within {self._limit:g} seconds")

    def shutdown(self) -> None:
        """Closes the client."""
        if self._unobserve:
            self._unobserve()
        self._client.close()

    def _tell(self, status: Status) -> None:
        before, self._state = self._state, status.state
        details = ProviderEventDetails(message=status.error)
        if status.state == "READY" and before == "READY":
            self.emit_provider_configuration_changed(details)
        elif status.state == "READY":
            self.emit_provider_ready(details)
        elif status.state == "STALE" and before != "STALE":
            self.emit_provider_stale(details)
        elif status.state == "ERROR" and before != "ERROR":
            self.emit_provider_error(details)

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """As `Client.boolean_details`."""
        return _resolution(self._client.boolean_details(flag_key, _context(evaluation_context), default_value))

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """As `Client.string_details`."""
        return _resolution(self._client.string_details(flag_key, _context(evaluation_context), default_value))

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """As `Client.integer_details`."""
        return _resolution(self._client.integer_details(flag_key, _context(evaluation_context), default_value))

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """As `Client.number_details`."""
        return _resolution(self._client.number_details(flag_key, _context(evaluation_context), default_value))

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """As `Client.json_details`."""
        return _resolution(self._client.json_details(flag_key, _context(evaluation_context), default_value))

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """As `Client.track`."""
        value, data = None, None
        if tracking_event_details is not None:
            value, data = tracking_event_details.value, tracking_event_details.attributes
        self._client.track(tracking_event_name, _context(evaluation_context), value, data)


def _context(context: EvaluationContext | None) -> dict[str, Any]:
    if context is None:
        return {}
    if context.targeting_key is None:
        return dict(context.attributes)
    return {**context.attributes, "targetingKey": context.targeting_key}


def _resolution(details: Details[_T]) -> FlagResolutionDetails[_T]:
    metadata: dict[str, bool | int | float | str] = {}
    if details.version is not None:
        metadata["version"] = str(details.version)
    if details.rule is not None:
        metadata["ruleId"] = details.rule
    return FlagResolutionDetails(
        value=details.value,
        variant=details.variant,
        reason=details.reason,
        error_code=None if details.error is None else ErrorCode(details.error),
        flag_metadata=metadata,
    )
