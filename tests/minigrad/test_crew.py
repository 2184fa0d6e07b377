"""Jobs on several threads: results in order, errors that come through, processes that fork."""

from __future__ import annotations

import os
import threading
import time

import pytest

from minigrad.internal import crew


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_jobs(threads):
    def job(k):
        time.sleep(0.002 * (k % 3))
        return k

    assert crew.run([lambda k=k: job(k) for k in range(12)], threads) == list(range(12))
    assert crew.run([], threads) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_jobs_run_on_as_many_threads_as_were_asked_for(threads):
    barrier = threading.Barrier(threads)  # is passed when as many wait at it

    def job():
        barrier.wait(timeout=30)
        return threading.get_ident()

    assert len(set(crew.run([job] * threads, threads))) == threads


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
def test_the_first_error_comes_through_when_no_job_is_running_any_more(kind):
    running = threading.Semaphore(0)

    def slow():
        time.sleep(0.05)
        running.release()

    def fail():
        raise kind("job 1")

    with pytest.raises(kind, match="job 1"):
        crew.run([slow, fail], 2)
    assert running.acquire(blocking=False)


def test_no_job_is_begun_after_an_error():
    begun = []

    def fail():
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        crew.run([fail, lambda: begun.append(1)], 1)
    assert not begun


@pytest.mark.parametrize(
    ("threads", "error"), [(0, ValueError), (-2, ValueError), (1.0, TypeError), (True, TypeError)]
)
def test_a_number_of_threads_that_is_none_is_refused(threads, error):
    with pytest.raises(error, match=f"threads is .*{threads!r}"):
        crew.require_threads(threads)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    crew.run([lambda: 0, lambda: 1], 2)  # so that the parent's are there
    child = os.fork()
    if not child:
        try:
            os._exit(crew.run([lambda: 0, lambda: 7], 2)[1])
        finally:
            os._exit(1)
    for _ in range(3000):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.01)
    else:
        os.kill(child, 9)
    assert ended
    assert os.waitstatus_to_exitcode(status) == 7
