import Pages
import Testing

@Suite struct FiguresTests {
    @Test(arguments: [
        (0.0, "0"), (1, "1.00"), (12.34, "12.3"), (999.6, "1.00e+03"), (123, "123"), (0.01234, "0.0123"),
        (1e-5, "1.00e-05"),
        (9.999e-5, "0.000100"), (-2.5, "-2.50"), (1.5e300, "1.50e+300"), (.infinity, "inf"),
    ]) func threeDigits(value: Double, text: String) { #expect(Figures.short(value) == text) }

    @Test func sharesAreNeverRoundedToNothingOrAll() {
        #expect(Figures.percent(0, of: 9) == "0 %" && Figures.percent(9, of: 9) == "100 %")
        #expect(Figures.percent(1, of: 1_000_000) == "<0.01 %")
        #expect(Figures.percent(999_999, of: 1_000_000) == ">99.9 %")
        #expect(Figures.percent(1, of: 3) == "33 %" && Figures.percent(1, of: 30) == "3.3 %")
    }

    @Test func digitsInGroups() {
        #expect(
            Figures.grouped(1_234_567) == "1,234,567" && Figures.grouped(-123) == "-123" && Figures.grouped(12) == "12")
        #expect(Figures.ulp(.max) == "max")
    }

    @Test func markupIsEscaped() {
        #expect(HTMLText.escaped("<a href='x'>&\"") == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;")
    }

    @Test func tablesAreAligned() {
        #expect(Figures.table([["a", "1"], ["bbb", "22"]], rightAligned: [1]) == ["a     1", "bbb  22"])
    }
}
