"""PyPI openfeature-sdk with openfeature-provider-ofrep.

Reads a JSON object {url, key, types, defaults} from the first line of stdin and a context from each further one; writes the
answers for each as a JSON line. With "watch" in the first object it asks that flag until its value changes, instead.
"""

import json
import sys
import time

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode


def ask(client, flag, kind, context, defaults):
    if kind == "boolean":
        return client.get_boolean_details(flag, defaults["boolean"], context)
    if kind == "string":
        return client.get_string_details(flag, defaults["string"], context)
    if kind == "json":
        return client.get_object_details(flag, defaults["json"], context)
    # This SDK tells integers from floats by how they are written.
    details = client.get_float_details(flag, defaults["number"], context)
    if details.error_code == ErrorCode.TYPE_MISMATCH:
        details = client.get_integer_details(flag, int(defaults["number"]), context)
    return details


def context_of(document):
    targeting_key = document.pop("targetingKey", None)
    return EvaluationContext(targeting_key, document)


def main():
    job = json.loads(sys.stdin.readline())
    headers = {"Authorization": f"Bearer {job['key']}"}
    api.set_provider(OFREPProvider(job["url"], headers_factory=lambda: headers))
    client = api.get_client()
    if "watch" in job:
        watch(client, job)
        return
    for line in sys.stdin:
        context = context_of(json.loads(line))
        answers = {}
        for flag, kind in job["types"].items():
            details = ask(client, flag, kind, context, job["defaults"])
            answers[flag] = {
                "value": details.value,
                "variant": details.variant,
                "reason": details.reason,
                "error": details.error_code,
            }
        print(json.dumps(answers), flush=True)


def watch(client, job):
    """A line with the value at first, and one for every change; `sleep` seconds between two questions."""
    seen = object()
    context = EvaluationContext("probe", {})
    while True:
        value = client.get_boolean_value(job["watch"], False, context)
        if value != seen:
            print(json.dumps({"value": value}), flush=True)
            seen = value
        time.sleep(job["sleep"])


if __name__ == "__main__":
    main()
