import CCuda
import Synchronization

/// Copies a device's memory to the host on streams of their own, while the device computes.
///
/// `@unchecked Sendable`: the event is recorded once, and the lanes are behind a lock.
final class CudaReader: DeviceReader, @unchecked Sendable {
    private let device: CudaDevice
    /// What was queued when the reader was made has run.
    private let computed: cu_event

    init(_ device: CudaDevice) {
        self.device = device
        var event: cu_event?
        let functions = device.driver.functions
        device.makeCurrent()
        device.check(functions.event_create(&event, UInt32(CU_EVENT_NO_TIMING)), "making an event")
        computed = event!
        device.check(functions.event_record(computed, device.stream), "noting what is queued")
    }

    deinit {
        device.makeCurrent()
        _ = device.driver.functions.event_destroy(computed)
    }

    func read(_ storage: Storage, at offset: Int, into target: UnsafeMutableRawBufferPointer) {
        device.makeCurrent()
        let lane = device.lanes.take(device)
        defer { device.lanes.giveBack(lane) }
        let functions = device.driver.functions
        device.check(functions.stream_wait(lane.stream, computed, 0), "waiting for what is queued")
        let from = device.address(of: storage) + UInt(offset)
        for start in stride(from: 0, to: target.count, by: CudaLanes.pieceBytes) {
            let count = min(CudaLanes.pieceBytes, target.count - start)
            device.check(
                functions.copy_to_host(lane.buffer, cu_address(from + UInt(start)), count, lane.stream),
                "copying to the host")
            device.check(functions.stream_synchronize(lane.stream), "copying to the host")
            target.baseAddress!.advanced(by: start).copyMemory(from: lane.buffer, byteCount: count)
        }
        device.noteRead(target.count)
    }
}

/// Streams for copies to the host, each with memory that the device writes without the processor's help. As many are made as
/// threads read at once.
final class CudaLanes: Sendable {
    /// A stream and its buffer of `pieceBytes`.
    struct Lane: @unchecked Sendable {
        let stream: cu_stream
        let buffer: UnsafeMutableRawPointer
    }

    /// Bytes of a copy.
    static let pieceBytes = 8 << 20
    private let unused = Mutex<[Lane]>([])

    /// A lane that nobody else uses.
    func take(_ device: CudaDevice) -> Lane {
        if let lane = unused.withLock({ $0.popLast() }) { return lane }
        var (stream, buffer) = (cu_stream?.none, UnsafeMutableRawPointer?.none)
        let functions = device.driver.functions
        device.check(functions.stream_create(&stream, UInt32(CU_STREAM_NON_BLOCKING)), "making a stream")
        device.check(functions.host_allocate(&buffer, CudaLanes.pieceBytes), "taking memory of the host's for copies")
        return Lane(stream: stream!, buffer: buffer!)
    }

    /// Lets a lane go, its work done.
    func giveBack(_ lane: Lane) { unused.withLock { $0.append(lane) } }

    /// Gives the driver all that nobody uses.
    func release(_ functions: cu_driver) {
        for lane in unused.withLock({ lanes in
            defer { lanes = [] }
            return lanes
        }) {
            _ = functions.stream_destroy(lane.stream)
            _ = functions.host_free(lane.buffer)
        }
    }
}
