# SPDX-License-Identifier: GPL-2.0-or-later
"""Missed targets that can be judged on any machine: ratios and sizes, never times."""


def _judged(results):
    """(what, measured, limit, is at most) for every target."""
    for result in results["packets"]:
        measured = result.get("more", result["times_empty"])["median"]
        yield f"{result['system']}, {result['name']}", measured, result["limit"], True
    for result in results["flatness"]:
        yield result["name"], result["times"]["median"], result["limit"], True
    for result in results["repeated"]:
        yield f"{result['name']}, repeated", result["times_parse_and_count"], result["limit"], True
    for result in results["cores"]:
        yield f"two cores, {result['name']}", result["times_one_core"]["median"], result["limit"], False
    for result in results.get("shared", []):
        yield f"two cores, {result['name']}", result["times"]["median"], result["limit"], False
    for result in results.get("honest", []):
        yield f"{result['system']}, {result['name']}, served", result["served"], result["limit"], False
    for result in results["commands"]:
        if result["unit"] == "MiB":
            yield result["name"], result["value"], result["limit"], True


def missed(results):
    """One line for each missed target."""
    return [f"missed: {what}: {measured:.2f}, {'at most' if at_most else 'at least'} {limit:.2f}"
            for what, measured, limit, at_most in _judged(results) if limit is not None
            and (measured > limit if at_most else measured < limit)]
