"""Compares what Steward says of a forest with the forest's expectation. `folder` is the root as Steward shows paths: the
forest's folder with --config-root, nothing on a machine whose root it is."""

PRUNABLE = {"unused", "expired", "superseded", "duplicate", "broken"}


class Comparison:
    """One survey beside one expectation. Each check returns the complaints, a line each."""

    def __init__(self, survey, expectation, folder=""):
        self.survey, self.expectation, self.folder = survey, expectation, str(folder)

    def reported(self, lineage):
        """The lineage as it was reported, by name and tree; None if it was not."""
        tree = f"{self.folder}{lineage['tree']}"
        return next((one for one in self.survey.lineages
                     if one["name"] == lineage["name"] and one["tree"] == tree), None)

    def orphans(self, lineage):
        """What the orphans say about a lineage whose conf is gone."""
        parts = tuple(f"{self.folder}{lineage['tree']}/{part}/{lineage['name']}" for part in ("live", "archive", "renewal"))
        return [orphan for orphan in self.survey.document["orphans"] if orphan["path"].startswith(parts)]

    def complaints(self, check):
        lines = []
        for lineage in self.expectation["lineages"]:
            if complaint := check(lineage, self.reported(lineage)):
                lines.append(f"{lineage['tree']} {lineage['name']}: {complaint}")
        return "\n".join(lines)

    def unreported(self):
        return self.complaints(lambda lineage, reported: None if reported or (
            lineage["may_be_orphan"] and self.orphans(lineage)) else "neither a lineage nor an orphan")

    def used_but_prunable(self):
        def check(lineage, reported):
            if "used" in lineage["states"] and lineage["evidence"] and reported and reported["state"] in PRUNABLE:
                return f"is {reported['state']}: {reported['reasons']}"
        return self.complaints(check)

    def wrong_states(self):
        def check(lineage, reported):
            if reported and reported["state"] not in lineage["states"]:
                return f"is {reported['state']}, not {' or '.join(lineage['states'])}: {reported['reasons'][:3]}"
        return self.complaints(check)

    def names_place(self, place, wanted):
        place = place.removeprefix(self.folder)
        return any(place == one or (":" not in one and place.startswith(one)) for one in wanted)

    def lacking_evidence(self):
        def check(lineage, reported):
            lacking = []
            for wanted in lineage["evidence"] if reported else []:
                kinds = wanted["kind"].split("|")
                if not any(use["kind"] in kinds and self.names_place(use["where"], wanted["where"])
                           for use in reported["used_by"]):
                    lacking.append(f"{wanted['kind']} {wanted['where'][0]}")
            if lacking:
                return f"lacks {lacking}; has {[(use['kind'], use['where']) for use in reported['used_by']]}"
        return self.complaints(check)

    def unnamed_damages(self):
        def check(lineage, reported):
            findings = reported["findings"] if reported else self.orphans(lineage)
            lacking = [wanted["damage"] for wanted in lineage["findings"]
                       if not any(one["code"] == finding["code"] and one["holds"] in finding["text"]
                                  for one in wanted["any"] for finding in findings)]
            if lacking:
                return f"{lacking} not named in {[(finding['code'], finding['text']) for finding in findings]}"
        return self.complaints(check)

    def wrong_names(self):
        def check(lineage, reported):
            if not lineage["findings"] and reported and sorted(reported["names"]) != sorted(lineage["names"]):
                return f"{reported['names'][:3]} are not {lineage['names'][:3]}"
        return self.complaints(check)

    def unnamed_orphans(self):
        """Orphans may be named one by one or by the folder that holds them."""
        shown = [orphan["path"].removeprefix(self.folder) for orphan in self.survey.document["orphans"]]
        lineages = {lineage["name"] for lineage in self.survey.lineages}
        return [orphan["path"] for orphan in self.expectation["orphans"]
                if not any(orphan["path"] == path or orphan["path"].startswith(path + "/") for path in shown)
                and orphan["path"].rsplit("/", 1)[1] not in lineages]
