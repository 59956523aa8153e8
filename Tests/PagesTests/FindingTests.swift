import Core
import Testing

@testable import Pages

/// A finding as a value, and its JSON form.
@Suite struct FindingTests {
    private func read(_ json: JSONValue) throws -> Finding {
        try Finding(json: JSONCursor(try JSONValue.parse(json.canonicalBytes, file: "x"), name: "finding", file: "x"))
    }

    /// Every kind of content and every member, whatever the texts are.
    @Test(arguments: ["run-1", FindingMaterial.hostile]) func jsonReadsBackAsTheSameValue(text: String) throws {
        let finding = FindingMaterial.finding(text)
        let again = try read(finding.json)
        #expect(again == finding)
        #expect(again.json == finding.json)
        #expect(try HTMLPresenter().present(again) == HTMLPresenter().present(finding))
        let bare = Finding(of: "a", "b", .init("w", .open, "s"))
        #expect(try read(bare.json) == bare)
    }

    @Test func theOrderOfPartsIsKept() throws {
        let finding = FindingMaterial.finding("x")
        let keys = ["first-difference", "loss", "layers", "nothing", "latents", "provenance"]
        #expect(try read(finding.json).children.map(\.key) == keys)
    }

    /// What scripts read: sections by key, what is missing in a list.
    @Test func jsonHasTheNumbers() throws {
        let json = JSONCursor(FindingMaterial.finding("run-1").json, name: "x")
        #expect(try json["schema"].int() == 1 && json["title"].string() == "run-1")
        #expect(try json["verdict"]["word"].string() == "diverged" && json["verdict"]["tone"].string() == "bad")
        #expect(try json["sections"]["first-difference"]["data"]["x"].int() == 1)
        #expect(try json["sections"]["loss"]["says"][0].string() == "It goes down.")
        #expect(try json["missing"].elements().count == 1 && json["missing"][0]["key"].string() == "nothing")
        #expect(try json["missing"][0]["why"].string() == "run-1")
    }

    /// A document that is changed into something else says where.
    @Test(
        arguments: [
            ("schema", 2), ("verdict", ["word": "w", "status": "fine", "sentence": "s"]), ("shows", [["film": 1]]),
            ("order", ["nowhere"]),
        ] as [(String, JSONValue)])
    func whatIsNoFindingIsRefused(member: String, value: JSONValue) throws {
        guard case .object(var object) = FindingMaterial.finding("x").json else { return }
        object[member] = value
        #expect(throws: JSONShapeError.self) { try read(.object(object)) }
    }

    /// A key stands in the attributes of a page, and must be one of its kind.
    @Test(arguments: [["a\" onload=\"b"], ["A"], ["a", "a"]]) func keysAreWords(keys: [String]) throws {
        var finding = Finding(of: "a", "b", .init("w", .open, "s"))
        finding.children = keys.map { Finding($0, "title") }
        #expect(throws: JSONShapeError.self) { try read(finding.json) }
    }

    /// Tables and marks keep what any form shows, and how many there are; what differs goes first.
    @Test func longListsKeepWhatCanBeShown() throws {
        let rows = (0..<960).map { ["\($0)"] }
        let first = Table(["n"], rows), spread = Table(["n"], rows, room: .spread)
        #expect(first.rows == Array(rows.prefix(120)) && first.total == 960)
        #expect(spread.rows.count == 120 && spread.rows.first == ["0"] && spread.rows.last == ["959"])
        let marks = MarkChart("m", unit: "u", (0..<3000).map { .init(step: $0, height: 1, isEqual: $0 % 1000 != 7) })
        #expect(marks.marks.count == 603 && marks.total == 3000)
        #expect(marks.marks.filter { $0.isEqual == false }.map(\.step) == [7, 1007, 2007])
        var finding = Finding(of: "a", "b", .init("w", .open, "s"))
        finding.contents = [.table(first), .table(spread), .marks(marks)]
        #expect(try read(finding.json) == finding)
    }

    @Test func picturesAreHeldAgainstTheirDigests() throws {
        let picture = Picture(png: [1, 2, 3], width: 1, height: 1, label: "l", alternative: "a")
        guard case .object(var object) = picture.json else { return }
        #expect(try Picture(json: JSONCursor(.object(object), name: "p")) == picture)
        object["png"] = "AQIE"
        #expect(throws: JSONShapeError.self) { try Picture(json: JSONCursor(.object(object), name: "p")) }
    }

    @Test func statusesAreShownBySignsToo() {
        #expect(Status.allCases.map(\.sign) == ["✓", "✗", "○", "✗", "○"])
        #expect(Status.allCases.filter { $0.tone == .good } == [.passed])
    }
}
