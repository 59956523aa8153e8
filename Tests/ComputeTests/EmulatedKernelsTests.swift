import CCuda
import Testing

@Suite struct EmulatedKernelsTests {
    @Test(arguments: [1, 255, 256, 1000, 4096])
    func fillReachesEveryElementAndNoOther(count: Int) {
        let kernels = EmulatedKernels()
        let x = kernels.room(count + 1)
        kernels.launch("fill", cu_fill(x: x, value: 2.5, count: Int64(count)), blocks: (3, 1, 1), threads: 256)
        let values = kernels.read(x, count + 1)
        #expect(values.dropLast().allSatisfy { $0 == 2.5 })
        #expect(values[count].isNaN)
    }
}
