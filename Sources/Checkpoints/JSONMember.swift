import Digests

extension JSONObject {
    /// The value of a key, `nil` when the object does not have it. A key whose value is null gives `.null`: the two
    /// must not be mixed up where a missing key means a default and null does not.
    public func member(_ key: String) -> JSONValue? {
        members.first { utf8Equal($0.key, key) }.map(\.value)
    }
}
