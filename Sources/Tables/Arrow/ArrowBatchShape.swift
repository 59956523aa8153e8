/// What a record batch is made of, as its schema says.
struct ArrowBatchShape: Sendable {
    var nodes = 0
    /// Buffers that every batch has.
    var buffers = 0
    /// The columns of views, whose long values lie in further buffers: before which of `buffers` these come. How many there
    /// are, each batch says.
    var views: [Int] = []
}
