"""Prometheus metrics for operators. The composition root passes one object to every part that counts."""

import platform

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from coaching.news.notice import Medium

# Slack gives up after 3 s, so the buckets are finest below that, and the last finite one is just beyond it.
REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
DELIVERY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Every metric of the process, registered once in the given registry. All durations are in seconds.

    Labels hold our own names (kinds, outcomes), never ids or people's words: each value is a series that lives for
    ever.
    """

    def __init__(self, registry: CollectorRegistry, *, version: str = "unknown") -> None:
        self.registry = registry
        ProcessCollector(registry=registry)
        build = Gauge(
            "sessions_build_info", "Always 1; the labels say what runs.", ["version", "python"], registry=registry
        )
        build.labels(version=version, python=platform.python_version()).set(1)
        self.requests = Histogram(
            "sessions_request_seconds",
            "Time from a request's arrival to its answer, by what Slack sent (command, action, view_submission, event, …).",
            ["kind"],
            buckets=REQUEST_SECONDS,
            registry=registry,
        )
        self.requests_in_flight = Gauge(
            "sessions_requests_in_flight", "Requests from Slack being answered right now.", registry=registry
        )
        self.requests_refused = Counter(
            "sessions_requests_refused_total",
            "Requests turned away before any handler saw them, by reason (unsigned, stale, too_large, malformed, …).",
            ["reason"],
            registry=registry,
        )
        self.connections = Gauge("sessions_connections", "Connections to the web server.", registry=registry)
        self.connections_cut = Counter(
            "sessions_connections_cut_total",
            "Connections that the web server ended, by reason: idle, slow (a head that did not end), head_too_large,"
            " crowded_out (more came than can be served).",
            ["reason"],
            registry=registry,
        )
        self.requests_failed = Counter(
            "sessions_requests_failed_total",
            "Requests that ended in an unexpected error, by kind.",
            ["kind"],
            registry=registry,
        )
        self.actions = Counter(
            "sessions_actions_total",
            "Business actions by name (cancel, decide, …) and outcome (done, refused, conflict, failed).",
            ["action", "outcome"],
            registry=registry,
        )
        self.notices = Counter(
            "sessions_notices_total",
            "Notices by kind (receipt, coach_alert, reminder, …) and the state they reached (sent, expired, failed, …).",
            ["kind", "state"],
            registry=registry,
        )
        self.deliveries = Counter(
            "sessions_deliveries_total",
            "Attempts to deliver a notice, by channel and outcome (sent, retry, rate_limited, ambiguous, server_error, failed).",
            ["channel", "outcome"],
            registry=registry,
        )
        self.delivery_seconds = Histogram(
            "sessions_delivery_seconds",
            "Time one attempt to deliver a notice took, by channel.",
            ["channel"],
            buckets=DELIVERY_SECONDS,
            registry=registry,
        )
        self.relay_lag = Gauge(
            "sessions_relay_lag_seconds",
            "How long the oldest due notice has been waiting; 0 when none is.",
            registry=registry,
        )
        self.mail_lag = Gauge(
            "sessions_mail_lag_seconds",
            "How long the oldest due mail has been waiting; 0 when none is, and where there is no mail.",
            registry=registry,
        )
        self.reconciliation_violations = Gauge(
            "sessions_reconciliation_violations",
            "How often each rule of the books was broken when they were last looked at; 0 is right. `python -m bot doctor`"
            " says what to do.",
            ["rule"],
            registry=registry,
        )
        self.reconciled_at = Gauge(
            "sessions_reconciliation_timestamp_seconds",
            "When every rule was last tried, in seconds since 1970; 0 before the first time.",
            registry=registry,
        )
        self.reconciliation_seconds = Gauge(
            "sessions_reconciliation_duration_seconds",
            "How long it took to try every rule the last time.",
            registry=registry,
        )

    def refused(self, reason: str) -> None:
        """Count a request that was turned away."""
        self.requests_refused.labels(reason=reason).inc()

    def lag_of(self, medium: Medium) -> Gauge:
        """Return the gauge of how late a medium's relay is."""
        return self.mail_lag if medium is Medium.MAIL else self.relay_lag

    def acted(self, action: str, outcome: str) -> None:
        """Count one outcome of a business action."""
        self.actions.labels(action=action, outcome=outcome).inc()
