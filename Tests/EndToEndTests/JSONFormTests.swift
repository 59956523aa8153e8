import Core
import Foundation
import Testing
import TinyRuns

/// Commands that only read, as programs read them: one document with a schema, and the figures of the text.
@Suite struct JSONFormTests {
    private func json(_ result: Program.Result) throws -> JSONCursor {
        #expect(result.status == 0, "\(result.errors)")
        let value = JSONCursor(try JSONValue.parse(Array(result.output.utf8), file: "output"), name: "output")
        #expect(try value["schema"].int() == 1)
        return value
    }

    @Test func runsShowHasTheStepsOfTheText() throws {
        try Sandbox.with { sandbox in
            let recorded = try sandbox.record(try sandbox.runs.smpo(steps: 3))
            let value = try json(try sandbox.program.run("runs", "show", "run-1", "--json"))
            #expect(try value["chain_head"].string() == (try sandbox.value("chain head", in: recorded)))
            #expect(try value["state"].string() == "finished")
            let steps = try value["steps"].elements()
            #expect(try steps.map { try $0["step"].int() } == [1, 2, 3])
            let text = try sandbox.program.run("runs", "show", "run-1").output
            for step in steps {
                let bits = try step["loss_bits"].string()
                #expect(text.contains("step \(try step["step"].int())  loss ") && text.contains(bits), "\(text)")
                #expect(text.contains(try step["head"].string().prefix(12)))
            }
            #expect(try steps[2]["head"].string() == (try value["chain_head"].string()))
            #expect(try sandbox.program.run("runs", "show", "run-9", "--json").status == 2)
        }
    }

    @Test func auditPlanHasTheSegments() throws {
        try Sandbox.with { sandbox in
            _ = try sandbox.record(try sandbox.runs.smpo(steps: 4, more: "record: {checkpoint_every: 2}"))
            let value = try json(try sandbox.program.run("audit", "plan", "run-1", "--json"))
            let segments = try value["segments"].elements()
            #expect(try segments.map { try $0["first"].int() } == [1, 3])
            #expect(try segments.map { try $0["last"].int() } == [2, 4])
            #expect(try segments.allSatisfy { try $0["seconds"].decimal() > 0 })
            // The first part begins without a checkpoint.
            let bytes = try segments.map { try $0["object_bytes"].int() }
            let checkpoint = try #require(try sandbox.workspace.openLedger().checkpoints(of: "run-1").first)
            let size = try #require(sandbox.workspace.objects.size(checkpoint.object))
            #expect(bytes[0] > 0 && bytes[1] == bytes[0] + size, "\(bytes), a checkpoint has \(size)")
            #expect(try value["steps"].int() == 4)
            #expect(try value["memory_bytes"].int() > 1 << 20)
            #expect(try value["draws"][0]["sample"].int() == 2)
        }
    }

    @Test func keysAndDataHaveOneToo() throws {
        try Sandbox.with { sandbox in
            let made = try sandbox.program.run("keys", "generate", "alice", "--keys", "ring")
            let value = try json(try sandbox.program.run("keys", "list", "--keys", "ring", "--json"))
            #expect(try value["keys"][0]["name"].string() == "alice")
            #expect(try value["keys"][0]["private"].bool())
            #expect(made.output.contains(try value["keys"][0]["id"].string()))
            let data = try json(
                try sandbox.program.run("data", "latents", "--shape", "4x8x8", "--out", "latents", "--json"))
            #expect(try data["pairs"].int() == 2)
        }
    }

    @Test func goldenShowHasTheHistory() throws {
        let program = Program(folder: SourceTree.root)
        let value = try json(try program.run("golden", "show", "run-42", "--json"))
        let text = try program.run("golden", "show", "run-42").output
        for key in ["chain_head", "weights_digest", "manifest_digest"] {
            #expect(text.contains(try value[key].string()), "\(key)")
        }
        #expect(text.contains("steps           \(try value["steps"].int())\n"))
        let history = try value["history"].elements()
        #expect(try history.last.map { try $0["new_head"].string() == value["chain_head"].string() } ?? true)
    }
}
