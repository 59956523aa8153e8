import Foundation
import Testing

/// The golden runs that come with the sources, replayed by the built program. run-42 and the base model's run take longer
/// and have commands of their own.
@Suite struct GoldenRunTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static var short: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/Golden")) ?? []
        return names.filter { $0.hasPrefix("short-") }.sorted()
    }

    /// Every objective but SmPO, which run-42 covers, has one; so have Adafactor and adapters.
    @Test func everyObjectiveHasOne() {
        for name in ["dpo", "inpo", "kto", "mapo", "sft", "pickscore", "adafactor", "lora"] {
            #expect(Self.short.contains("short-\(name)"))
        }
    }

    /// With one worker and three: what is recorded comes out again, to the bit.
    @Test(arguments: short, ["1", "3"]) func isReproduced(run: String, workers: String) throws {
        let audit = try Program(folder: Self.root).run("audit", run, "--workers", workers, "--unnoted")
        #expect(audit.status == 0 && audit.output.hasPrefix("\(run): reproduced"), "\(audit.output) \(audit.errors)")
    }
}
