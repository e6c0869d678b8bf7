import threading

from cherrypy_wspbus.plugins import TimeoutMonitor


class Response:
    def __init__(self, late):
        self.late = late
        self.timed_out = False
        self.looked = 0

    def check_timeout(self):
        self.looked += 1
        self.timed_out = self.late


def test_the_defaults_are_the_documented_ones(bus):
    monitor = TimeoutMonitor(bus, list)
    assert monitor.frequency == 60
    assert monitor.servings == []


def test_every_response_looks_until_it_has_timed_out(bus):
    responses = [Response(late=True), Response(late=False)]
    monitor = TimeoutMonitor(bus, lambda: responses)
    assert monitor.servings == responses
    monitor.run()
    monitor.run()
    assert [response.timed_out for response in responses] == [True, False]
    assert [response.looked for response in responses] == [1, 2]


def test_the_monitor_runs_while_the_bus_is_started(bus):
    looked = threading.Event()

    class Reporting(Response):
        def check_timeout(self):
            looked.set()

    response = Reporting(late=False)
    monitor = TimeoutMonitor(bus, lambda: [response], frequency=0.001)
    monitor.subscribe()
    bus.start()
    assert looked.wait(20)
    bus.exit()
    assert monitor.thread is None


def test_one_failing_look_does_not_end_the_monitor(bus):
    looks = []
    again = threading.Event()

    def responses():
        looks.append(1)
        if len(looks) == 1:
            raise RuntimeError("changed size during iteration")
        again.set()
        return []

    monitor = TimeoutMonitor(bus, responses, frequency=0.001)
    monitor.subscribe()
    bus.start()
    assert again.wait(20)
