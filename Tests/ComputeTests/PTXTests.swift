import CCuda
import Core
import CudaEmulator
import Foundation
import Testing

/// The PTX that the program carries, read as text: what a device computes is rounded to nearest, or it is not in it.
@Suite struct PTXTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Sources/CCuda"
    ).standardizedFileURL
    private static let text: String = {
        var bytes = 0
        let text = cu_ptx(&bytes)
        return String(decoding: UnsafeRawBufferPointer(start: text, count: bytes), as: UTF8.self)
    }()

    /// What is wrong with an instruction's name, such as `add.rn.f32`, or nothing.
    private static func complaint(_ instruction: Substring) -> String? {
        let parts = instruction.split(separator: ".")
        let name = parts[0]
        let types = parts.dropFirst().filter { ["f16", "f16x2", "bf16", "bf16x2", "tf32", "f32", "f64"].contains($0) }
        if parts.contains("ftz") { return "flushes subnormals" }
        if parts.contains("approx") || parts.contains("full") { return "is inexact" }
        if ["ex2", "lg2", "sin", "cos", "tanh", "rsqrt"].contains(name) { return "is inexact" }
        if ["shfl", "redux", "mma", "wmma", "wgmma", "barrier"].contains(name) { return "is not in the vocabulary" }
        if ["atom", "red", "mad"].contains(name), !types.isEmpty {
            return "is rounded twice, or in an order of chance"
        }
        if types.contains(where: { $0 != "f32" && $0 != "f64" }), ["cvt", "add", "mul", "fma"].contains(name) {
            return "is of another width"
        }
        if ["add", "sub", "mul", "fma", "div", "sqrt", "rcp"].contains(name), !types.isEmpty, !parts.contains("rn") {
            return "is not rounded to nearest, or may be fused"
        }
        // cvt.<rounding>.<to>.<from>: between floats only f32 to f64 is exact, between integers all.
        if name == "cvt", let to = parts.dropLast().last, to.hasPrefix("f"), to == "f32" || parts.last != "f32",
            to != parts.last!, !parts.contains("rn")
        {
            return "is not rounded to nearest"
        }
        return nil
    }

    @Test func everyOperationIsRoundedToNearest() {
        var seen: Set<Substring> = []
        for line in Self.text.split(separator: "\n") {
            // A label, a directive and a comment are no instructions; a guard stands before one.
            var words = line.split(whereSeparator: { " \t".contains($0) }).drop { $0 == "{" }
            if words.first?.hasPrefix("@") == true { words = words.dropFirst() }
            guard let first = words.first, !first.hasPrefix("."), !first.hasPrefix("//"), first.first?.isLetter == true
            else { continue }
            seen.insert(first.prefix { $0 != ";" })
        }
        #expect(seen.count > 10)
        for instruction in seen {
            let complaint = Self.complaint(instruction)
            #expect(complaint == nil, "\(instruction) \(complaint ?? "")")
        }
    }

    @Test(arguments: [
        "add.f32", "add.ftz.f32", "mul.f64", "fma.rz.f32", "div.approx.f32", "div.full.f32", "sqrt.approx.f32",
        "ex2.approx.f32",
        "atom.global.add.f32", "red.global.add.f32", "mad.f32", "cvt.rz.f32.f64", "cvt.f32.f64", "cvt.rz.f32.s32",
        "cvt.rn.bf16.f32", "shfl.sync.bfly.b32", "rsqrt.approx.f32", "fma.rn.f16", "cvt.rzi.ftz.s32.f32",
    ])
    func whatIsNotRoundedToNearestIsRefused(instruction: String) {
        #expect(Self.complaint(instruction[...]) != nil)
    }

    @Test(arguments: [
        "add.rn.f32", "fma.rn.f32", "fma.rn.f64", "div.rn.f64", "sqrt.rn.f32", "cvt.rn.f32.f64", "cvt.f64.f32",
        "cvt.rzi.s32.f32",
        "cvt.rn.f32.s32", "cvt.rni.s32.f64", "cvt.rn.f64.s64", "add.s32", "mad.lo.s32", "atom.global.add.u32",
        "setp.lt.f32", "neg.f32",
        "max.f32", "ld.global.v4.f32", "st.shared.f32", "mov.f32", "selp.f32", "abs.f32", "mul.wide.s32", "cvt.u64.u32",
    ])
    func whatIsExactOrRoundedToNearestIsTaken(instruction: String) {
        #expect(Self.complaint(instruction[...]) == nil)
    }

    @Test func itIsMadeOfTheSourcesAsTheyAre() throws {
        let record = try String(contentsOf: Self.folder.appending(path: "kernels/kernels.sha256"), encoding: .utf8)
        var named = 0
        for line in record.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            let (digest, name) = (String(parts[0]), String(parts[1]))
            var hash = SHA256Stream()
            let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: name)))
            hash.update(bytes)
            #expect(hash.finalize().hex == digest, "\(name) is not what the PTX was made of: make ptx")
            named += 1
        }
        let headers = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: "kernels").path)
        for header in headers where header.hasSuffix(".h") || header.hasSuffix(".cu") {
            #expect(record.contains("kernels/\(header)"), "no kernel is made of kernels/\(header)")
        }
        #expect(named > 3)
        #expect(Self.text.contains(".target sm_80"))
    }

    /// What the tests run on the host and what a device runs are the same kernels.
    @Test func itHasTheKernelsThatTheEmulatorHas() {
        let entries = Self.text.matches(of: /\.entry (\w+)\(/).map { String($0.1) }
        let emulated = (0..<cuda_emulator_kernels()).map { String(cString: cuda_emulator_kernel($0)!) }
        #expect(Set(entries) == Set(emulated.filter { !$0.hasPrefix("probe_") }))
        #expect(entries.count == Set(entries).count)
    }
}
