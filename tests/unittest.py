# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
"""A small unittest for the board: what MicroPython's own tests use of CPython's.

main() ends with the summary that MicroPython's run-tests.py reads.
"""

import sys


class SkipTest(Exception):
    pass


class _Raises:
    """The context that assertRaises gives; `exception` is what was raised."""

    def __init__(self, expected):
        self.expected = expected
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.exception = value
        if kind is None:
            raise AssertionError("{} not raised".format(self.expected))
        return issubclass(kind, self.expected)


class _SubTest:
    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        return False


class TestCase:
    def setUp(self):
        pass

    def tearDown(self):
        pass

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def fail(self, msg=None):
        raise AssertionError(msg or "failed")

    def skipTest(self, reason):
        raise SkipTest(reason)

    def subTest(self, msg=None, **params):
        return _SubTest()

    def _check(self, good, msg, text, *values):
        if not good:
            self.fail(msg or text.format(*[repr(v) for v in values]))

    def assertTrue(self, x, msg=None):
        self._check(x, msg, "{} is not true", x)

    def assertFalse(self, x, msg=None):
        self._check(not x, msg, "{} is not false", x)

    def assertEqual(self, x, y, msg=None):
        self._check(x == y, msg, "{} != {}", x, y)

    def assertNotEqual(self, x, y, msg=None):
        self._check(x != y, msg, "{} == {}", x, y)

    def assertLess(self, x, y, msg=None):
        self._check(x < y, msg, "{} not less than {}", x, y)

    def assertLessEqual(self, x, y, msg=None):
        self._check(x <= y, msg, "{} greater than {}", x, y)

    def assertGreater(self, x, y, msg=None):
        self._check(x > y, msg, "{} not greater than {}", x, y)

    def assertGreaterEqual(self, x, y, msg=None):
        self._check(x >= y, msg, "{} less than {}", x, y)

    def assertAlmostEqual(self, x, y, places=7, msg=None, delta=None):
        limit = 0.5 * 10**-places if delta is None else delta
        self._check(x == y or abs(x - y) <= limit, msg, "{} is far from {}", x, y)

    def assertIs(self, x, y, msg=None):
        self._check(x is y, msg, "{} is not {}", x, y)

    def assertIsNot(self, x, y, msg=None):
        self._check(x is not y, msg, "{} is {}", x, y)

    def assertIsNone(self, x, msg=None):
        self._check(x is None, msg, "{} is not None", x)

    def assertIsNotNone(self, x, msg=None):
        self._check(x is not None, msg, "{} is None", x)

    def assertIn(self, x, y, msg=None):
        self._check(x in y, msg, "{} not in {}", x, y)

    def assertNotIn(self, x, y, msg=None):
        self._check(x not in y, msg, "{} in {}", x, y)

    def assertIsInstance(self, x, kind, msg=None):
        self._check(isinstance(x, kind), msg, "{} is no {}", x, kind)

    def assertRaises(self, expected, function=None, *args, **kwargs):
        context = _Raises(expected)
        if function is None:
            return context
        with context:
            function(*args, **kwargs)


def skip(reason):
    def decorate(thing):
        if isinstance(thing, type):
            # A class is left as it is, but for the mark that main() looks at.
            thing._skip = reason
            return thing

        def skipped(self):
            raise SkipTest(reason)

        return skipped

    return decorate


def skipIf(condition, reason):
    return skip(reason) if condition else lambda thing: thing


def skipUnless(condition, reason):
    return skipIf(not condition, reason)


class TestResult:
    def __init__(self):
        self.testsRun = self.failures = self.errors = self.skipped = 0

    def wasSuccessful(self):
        return not self.failures and not self.errors


def _run_method(instance, name, result):
    title = "{} ({}) ...".format(name, type(instance).__name__)
    result.testsRun += 1
    try:
        reason = getattr(instance, "_skip", None)
        if reason is not None:
            raise SkipTest(reason)
        instance.setUp()
        try:
            getattr(instance, name)()
        finally:
            instance.tearDown()
        print(title, "ok")
    except SkipTest as er:
        result.skipped += 1
        print(title, "skipped:", er)
    except AssertionError as er:
        result.failures += 1
        print(title, "FAIL")
        sys.print_exception(er)
    except Exception as er:
        result.errors += 1
        print(title, "ERROR")
        sys.print_exception(er)


def main(module="__main__"):
    if isinstance(module, str):
        module = __import__(module)
    result = TestResult()
    for kind in [getattr(module, name) for name in dir(module)]:
        if not isinstance(kind, type) or kind is TestCase or not issubclass(kind, TestCase):
            continue
        kind.setUpClass()
        instance = kind()
        for name in dir(instance):
            if name.startswith("test") and callable(getattr(instance, name)):
                _run_method(instance, name, result)
        kind.tearDownClass()
    print("-" * 70)
    print("Ran {} tests\n".format(result.testsRun))
    if not result.wasSuccessful():
        print("FAILED (failures={}, errors={})".format(result.failures, result.errors))
    elif result.skipped:
        print("OK (skipped={})".format(result.skipped))
    else:
        print("OK")
    return result
