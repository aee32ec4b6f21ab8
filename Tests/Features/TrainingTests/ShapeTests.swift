import StewardTraining
import Testing

@Suite struct ShapeTests {
    @Test func aShapeCountsItsCells() {
        #expect(Shape([128, 784]).count == 100_352)
        #expect(Shape([]).count == 1)
    }
}
