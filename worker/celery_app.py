"""The Celery application: queues of doorbells, no results, JSON only."""

from celery import Celery
from kombu import Queue

QUEUES = ("cpu", "gpu")

app = Celery("ahora", include=["worker.tasks"])
app.conf.update(
    task_serializer="json",
    accept_content=["json"],
    task_queues=[Queue(name) for name in QUEUES],
    task_default_queue="cpu",
    task_create_missing_queues=False,
    # A message is a doorbell: it is gone once heard, and SQL knows what waits.
    task_acks_late=False,
    task_reject_on_worker_lost=False,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    # A task lasts as long as a run, and its thread is its supervisor's.
    worker_pool="worker.pool:WakingPool",
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 30 * 24 * 3600,  # far above any wait, so that nothing is redelivered
        "socket_keepalive": True,
        # a broker that hangs is left after so many seconds, also by a worker that is told to end
        "socket_timeout": 5.0,
        "socket_connect_timeout": 5.0,
        "health_check_interval": 30,
    },
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_send_task_events=False,
    task_send_sent_event=False,
)
