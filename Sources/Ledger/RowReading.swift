import Core
import Foundation
import GRDB

/// Reading columns without trust: GRDB's own conversions stop the program on a value of another type, and on a column
/// that is not there, as a damaged schema has it.
extension Row {
    private func value(_ column: String) -> DatabaseValue { hasColumn(column) ? self[column] : .null }

    /// The integer of a column.
    func integer(_ column: String) -> Int64? {
        if case .int64(let value) = value(column).storage { return value }
        return nil
    }

    /// The number of a column.
    func real(_ column: String) -> Double? {
        if case .double(let value) = value(column).storage { return value }
        return nil
    }

    /// The bytes of a blob, or of a text's UTF-8 form.
    func bytes(_ column: String) -> [UInt8]? {
        switch value(column).storage {
        case .blob(let data): Array(data)
        case .string(let text): Array(text.utf8)
        default: nil
        }
    }

    /// The text of a column.
    func text(_ column: String) -> String? {
        if case .string(let text) = value(column).storage { return text }
        return nil
    }

    /// The digest of a column of 32 bytes.
    func digest(_ column: String) -> Digest? {
        guard case .blob(let data) = value(column).storage else { return nil }
        return Digest(bytes: data)
    }

    /// The column as an error message shows it.
    func shown(_ column: String) -> String {
        if let digest = digest(column) { return digest.hex }
        let value = value(column)
        return value.isNull ? "nothing" : "\(value)"
    }
}

extension Digest {
    /// The 32 bytes as SQLite stores them.
    var data: Data { Data(bytes) }
}
