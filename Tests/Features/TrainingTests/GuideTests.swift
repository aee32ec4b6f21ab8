import StewardTraining
import Testing

// The Swift of docs/guides/compute.md, compiled and run; Tests/EndToEnd/compute/test_guide.py compares the two.

@Suite struct GuideTests {
    @Test func theGuidesTrainingLearns() throws {
        // guide
        var settings = TrainingSettings(.mlp)
        settings.device = "cpu"
        settings.steps = 30
        let curve = try Training(settings).run { event in
            if let loss = event.loss { print("step \(event.step) of \(event.steps): \(loss)") }
        }
        // end
        #expect(curve.training.count == 30)
        #expect(curve.training.last!.loss < curve.training.first!.loss)
    }
}
