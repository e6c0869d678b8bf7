import pytest

from cherrypy_wspbus.plugins import SimplePlugin


class Plugin(SimplePlugin):
    custom_data = 3

    def __init__(self, bus):
        super().__init__(bus)
        self.calls = []

    def start(self):
        self.calls.append("start")

    start.priority = 70

    def custom(self):
        self.calls.append("custom")

    def acquire_thread(self):
        self.calls.append("acquire_thread")


def test_methods_named_like_channels_are_subscribed(bus):
    bus.listeners["custom"] = set()
    plugin = Plugin(bus)
    plugin.subscribe()
    for channel in ("start", "custom", "acquire_thread"):
        bus.publish(channel)
    assert plugin.calls == ["start", "custom", "acquire_thread"]


def test_methods_that_match_no_channel_are_left_alone(bus):
    plugin = Plugin(bus)
    plugin.subscribe()
    bus.publish("custom")
    assert plugin.calls == []


def test_attributes_that_cannot_be_called_are_left_alone(bus):
    bus.listeners["custom_data"] = set()
    Plugin(bus).subscribe()
    assert bus.publish("custom_data") == []


def test_the_priority_of_a_method_counts(bus):
    plugin = Plugin(bus)
    plugin.subscribe()
    bus.subscribe("start", lambda: plugin.calls.append("before"), 69)
    bus.subscribe("start", lambda: plugin.calls.append("after"), 71)
    bus.publish("start")
    assert plugin.calls == ["before", "start", "after"]


def test_subscribing_and_unsubscribing_twice_does_no_harm(bus):
    plugin = Plugin(bus)
    plugin.unsubscribe()
    plugin.subscribe()
    plugin.subscribe()
    bus.publish("start")
    assert plugin.calls == ["start"]
    plugin.unsubscribe()
    plugin.unsubscribe()
    bus.publish("start")
    assert plugin.calls == ["start"]


@pytest.mark.parametrize("channel", ["log", "main", "graceful", "stop", "exit", "before_request"])
def test_the_standard_channels_are_always_there_for_plugins(bus, channel):
    plugin = SimplePlugin(bus)
    calls = []
    setattr(plugin, channel, lambda *args: calls.append(args))
    plugin.subscribe()
    arguments = ("a message", 20) if channel == "log" else ()
    bus.publish(channel, *arguments)
    plugin.unsubscribe()
    bus.publish(channel, *arguments)
    assert calls == [arguments]
