from hypothesis import settings

# A busy machine is no fault of the code: time is the subject of test_linear_time.py alone.
settings.register_profile("cherrypy-core", deadline=None)
settings.load_profile("cherrypy-core")
