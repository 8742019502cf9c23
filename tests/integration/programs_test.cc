#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ottla/embedded_broker.h"
#include "tests/integration/child_process.h"

// Programs that come along, run as users run them: the examples, and the measuring tool.
namespace ottla::integration {
namespace {

class ProgramsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto started = EmbeddedBroker::start({.topics = {{.name = "t", .partitions = 2}}});
    ASSERT_TRUE(started) << started.error();
    broker_ = std::make_unique<EmbeddedBroker>(std::move(*started));
  }

  // All of stdout; the program must end well.
  static std::string run(const std::vector<std::string>& command, int expected = 0) {
    ChildProcess program(command);
    std::string output;
    for (auto line = program.read_line(); !line.empty(); line = program.read_line()) {
      output += line + "\n";
    }
    EXPECT_EQ(program.wait(), expected) << program.stderr_text();
    return output;
  }
  std::string example(const std::string& name, const std::vector<std::string>& more = {}) {
    std::vector<std::string> command = {OTTLA_BIN "/../examples/" + name, broker_->address(), "t"};
    command.insert(command.end(), more.begin(), more.end());
    return run(command);
  }
  std::vector<std::string> perf_test(const std::vector<std::string>& flags) {
    std::vector<std::string> command = {OTTLA_BIN "/ottla",
                                        "producer-perf-test",
                                        "--bootstrap-server",
                                        broker_->address(),
                                        "--topic",
                                        "t"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }

  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(ProgramsTest, the_example_of_callbacks_hears_of_every_record) {
  EXPECT_EQ(example("callbacks"), "100 stored, 0 to be tried later, 0 lost\n");
}

TEST_F(ProgramsTest, the_example_of_coroutines_awaits_every_record) {
  const auto output = example("coroutine");
  EXPECT_NE(output.find("order 9 is t-"), std::string::npos) << output;
}

TEST_F(ProgramsTest, the_examples_of_tuning_run) {
  const auto throughput = example("tune_for_throughput", {"20000"});
  EXPECT_NE(throughput.find("records/s"), std::string::npos) << throughput;
  const auto latency = example("tune_for_latency");
  EXPECT_NE(latency.find("p99"), std::string::npos) << latency;
}

TEST_F(ProgramsTest, the_examples_of_plugs_run) {
  EXPECT_EQ(example("custom_interceptor"), "100 delivered, 0 failed\n");
  const auto partitions = example("custom_partitioner");
  EXPECT_NE(partitions.find("acme went to t-"), std::string::npos) << partitions;
}

TEST_F(ProgramsTest, the_example_of_types_reads_what_it_wrote) {
  EXPECT_EQ(example("typed_records"), "customer-7: order 1 of 999 cents\n");
}

TEST_F(ProgramsTest, the_examples_of_ready_made_interceptors_run) {
  EXPECT_NE(example("latency_histograms").find("ottla_send_seconds_count{topic=\"t\"} 100\n"),
            std::string::npos);
  const auto spans = example("traced_records");
  EXPECT_NE(spans.find("receive t  00-"), std::string::npos) << spans;
  EXPECT_NE(spans.find("child of 00-"), std::string::npos) << spans;
  EXPECT_EQ(example("encrypted_records"),
            "without keys: 36 bytes\nwith keys: a secret\nwithout keys: 39 bytes\n"
            "with keys: another one\n");
}

TEST_F(ProgramsTest, the_example_of_an_audit_finds_what_was_lost) {
  EXPECT_EQ(example("audited_records"), "shop to t: 1 lost, 0 too many, 0 altered\n");
}

TEST_F(ProgramsTest, the_example_of_a_guard_says_what_is_wrong) {
  EXPECT_EQ(example("guarded_topic"),
            "sent: {\"id\": 1, \"customer\": \"c-7\"}\n"
            "refused: {\"id\": \"one\"}: the value: 'id' is a string, not a number\n"
            "refused: an order: the value: it is no JSON object\n");
}

TEST_F(ProgramsTest, the_example_of_retries_gives_up_in_the_end) {
  const auto output = example("retry_topics");
  for (const auto* part : {"good: done after 0", "slow: done after 1", "bad: given up, ",
                           "the database is not there"}) {
    EXPECT_NE(output.find(part), std::string::npos) << part << " is not in\n" << output;
  }
}

TEST_F(ProgramsTest, perf_test_tells_what_kafkas_tool_tells_and_cpu_and_a_histogram) {
  const auto output =
      run(perf_test({"--num-records", "5000", "--record-size", "100", "--throughput", "-1",
                     "--producer-props", "linger.ms=0", "acks=all", "--print-metrics"}));
  EXPECT_NE(output.find("5000 records sent, "), std::string::npos) << output;
  for (const auto* part :
       {" records/sec (", " MB/sec), ", " ms avg latency, ", " ms max latency, ", " ms 50th, ",
        " ms 95th, ", " ms 99th, ", " ms 99.9th.", "CPU seconds per million records", " %  "}) {
    EXPECT_NE(output.find(part), std::string::npos) << part << " is not in\n" << output;
  }
}

TEST_F(ProgramsTest, perf_test_keeps_to_the_rate) {
  const auto output = run(perf_test({"--num-records", "300", "--payload-monotonic", "--throughput",
                                     "1000", "--reporting-interval", "100"}));
  EXPECT_NE(output.find("300 records sent, "), std::string::npos) << output;
  const auto at = output.rfind("300 records sent, ") + std::string("300 records sent, ").size();
  EXPECT_LE(std::stod(output.substr(at)), 1100) << output;
}

TEST_F(ProgramsTest, perf_test_says_what_is_missing) {
  run(perf_test({"--num-records", "5", "--throughput", "-1"}), 1);
  run(perf_test({"--num-records", "5", "--record-size", "10", "--payload-monotonic", "--throughput",
                 "-1"}),
      2);
}

}  // namespace
}  // namespace ottla::integration
