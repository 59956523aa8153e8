import Core
import Ledger

/// The metadata of a run as an RO-Crate 1.1 (`ro-crate-metadata.json`, JSON-LD) of the profile Process Run Crate 0.5: the
/// run is an action of this program on model, data and recipe, with the record, the numbers and the weights as results.
package struct ResearchObject {
    /// Files of the crate beside the metadata: path, what it is, its media type, its bytes.
    package typealias File = (path: String, name: String, type: String, bytes: [UInt8])

    private let run: ExportedRun
    private let files: [File]
    private let license: String

    /// The crate of `run` with `files`, the manifest first; `license` is a URL or a text.
    package init(_ run: ExportedRun, files: [File], license: String) {
        (self.run, self.files, self.license) = (run, files, license)
    }

    /// The document.
    package var metadata: JSONValue {
        let process = "https://w3id.org/ro/wfrun/process/0.5"
        let version = run.manifest.circumstances.versions["smpo"] ?? "unknown"
        let entities: [JSONValue] =
            [
                [
                    "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": reference("./"),
                    "conformsTo": reference("https://w3id.org/ro/crate/1.1"),
                ], root(process),
                ["@id": .string(process), "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"],
                [
                    "@id": "#smpo", "@type": "SoftwareApplication", "name": "smpo", "softwareVersion": .string(version),
                    "description": "Trains diffusion models on preferences and records every step as digests",
                ], action,
            ] + files.map(file) + inputs.map(input)
        return [
            "@context": ["https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context"],
            "@graph": .array(entities),
        ]
    }

    private func reference(_ id: String) -> JSONValue { ["@id": .string(id)] }

    private func root(_ process: String) -> JSONValue {
        [
            "@id": "./", "@type": "Dataset", "name": .string("Run \(run.summary.name)"),
            "description": .string(
                "A recorded training run of the recipe \(run.summary.recipe): \(run.figures.count) steps, by the "
                    + "numerics contract \(run.manifest.inputs.contract). The chain head stands for every recorded bit."
            ),
            "datePublished": .string(run.summary.endedAt ?? run.summary.startedAt), "license": licensing,
            "conformsTo": reference(process), "mentions": reference("#run"),
            "hasPart": .array(files.map { reference($0.path) }),
            "identifier": .string(
                (run.manifest.outcome?.chainHead ?? run.manifest.digest).hex),
        ]
    }

    private var licensing: JSONValue { license.hasPrefix("http") ? reference(license) : .string(license) }

    private var action: JSONValue {
        var object: JSONObject = [
            "@id": "#run", "@type": "CreateAction",
            "name": .string("smpo train --record, run \(run.summary.name)"),
            "instrument": reference("#smpo"), "object": .array(inputs.map { reference($0.id) }),
            "result": .array(files.map { reference($0.path) }), "startTime": .string(run.summary.startedAt),
            "actionStatus": reference(
                "http://schema.org/" + (run.summary.state == .finished ? "CompletedActionStatus" : "ActiveActionStatus")
            ),
        ]
        object["endTime"] = run.summary.endedAt.map { .string($0) }
        return .object(object)
    }

    /// What the run started from: the recipe's values, and the digests of model and data.
    private var inputs: [(id: String, name: String, value: String)] {
        run.parameters.map { ("#recipe/\($0.name)", $0.name, $0.value) }
            + run.identity.map { ("#identity/\($0.name)", $0.name, $0.value) }
    }

    private func input(_ input: (id: String, name: String, value: String)) -> JSONValue {
        [
            "@id": .string(input.id), "@type": "PropertyValue", "name": .string(input.name),
            "value": .string(input.value),
        ]
    }

    private func file(_ file: File) -> JSONValue {
        [
            "@id": .string(file.path), "@type": "File", "name": .string(file.name),
            "encodingFormat": .string(file.type), "contentSize": .string("\(file.bytes.count)"),
            "sha256": .digest(.sha256(file.bytes)),
        ]
    }
}
