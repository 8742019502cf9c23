#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "ottla/embedded_broker.h"
#include "ottla/interceptors/plugin.h"
#include "ottla/producer.h"
#include "tests/integration/child_process.h"

// Interceptors that come from shared libraries.
namespace ottla::integration {
namespace {

const std::string kStamp = OTTLA_BIN "/../examples/stamp.so";

ErrorCode code(const Result<interceptors::Plugin>& loaded) {
  return loaded ? ErrorCode::none : loaded.error().code();
}

class PluginTest : public testing::Test {
 protected:
  void SetUp() override {
    broker_ = std::make_unique<EmbeddedBroker>(
        EmbeddedBroker::start({.topics = {{.name = "orders"}}}).value());
  }

  // Of `ottla`, run by a shell; its exit code and what it printed.
  std::pair<int, std::string> ottla(const std::string& arguments) const {
    const auto line = OTTLA_BIN "/ottla " + arguments + " --bootstrap-server " +
                      broker_->address() + " --topic orders 2>&1";
    FILE* pipe = ::popen(line.c_str(), "r");
    std::string text;
    for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
    return {WEXITSTATUS(::pclose(pipe)), text};
  }

  // A file with this text.
  std::string write(const std::string& text) {
    const auto path = folder_.path() + "/" + std::to_string(files_++);
    std::ofstream(path) << text;
    return path;
  }

  TemporaryDirectory folder_;
  int files_ = 0;
  std::unique_ptr<EmbeddedBroker> broker_;
};

TEST_F(PluginTest, an_interceptor_of_a_library_works_in_ones_own_clients) {
  std::shared_ptr<ProducerInterceptor> kept;
  {
    auto plugin = interceptors::load_plugin(kStamp, {{"version", "1.4"}});
    ASSERT_TRUE(plugin) << plugin.error();
    ASSERT_NE(plugin->consumer, nullptr);
    kept = plugin->producer;
  }
  auto producer = Producer::open({.bootstrap_servers = broker_->address(), .interceptors = {kept}});
  ASSERT_TRUE(producer->send({.topic = "orders", .value = "v"}).get());
  const auto records = broker_->records("orders").value();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].headers.find("version"), "1.4");
}

TEST_F(PluginTest, the_command_takes_them_on_both_sides) {
  const auto flags = " --interceptor " + kStamp + " --interceptor-property version=";
  EXPECT_EQ(ottla("produce < " + write("one\n")).first, 0);
  EXPECT_EQ(ottla("produce" + flags + "2 < " + write("two\n")).first, 0);
  EXPECT_EQ(ottla("consume --from-beginning --max-messages 2").second.substr(0, 8), "one\ntwo\n");
  const auto stamped = ottla("consume --from-beginning --max-messages 1" + flags + "2");
  EXPECT_EQ(stamped.second.substr(0, 4), "two\n");
}

TEST_F(PluginTest, a_library_stays_loaded_until_the_program_ends) {
  ASSERT_FALSE(interceptors::load_plugin(OTTLA_OLD_PLUGIN));
  // Only says whether it is there.
  EXPECT_NE(::dlopen(OTTLA_OLD_PLUGIN, RTLD_NOW | RTLD_NOLOAD), nullptr);
}

TEST_F(PluginTest, what_a_plug_in_throws_is_an_error_whatever_it_is) {
  const auto loaded = interceptors::load_plugin(OTTLA_THROWING_PLUGIN);
  EXPECT_EQ(code(loaded), ErrorCode::invalid_config);
  EXPECT_NE(loaded.error().message().find("no std::exception"), std::string::npos)
      << loaded.error();
  EXPECT_NE(loaded.error().message().find(OTTLA_THROWING_PLUGIN), std::string::npos);
}

TEST_F(PluginTest, what_is_no_plug_in_of_this_version_is_refused_in_words) {
  EXPECT_EQ(code(interceptors::load_plugin("stamp.so")), ErrorCode::invalid_argument);
  EXPECT_EQ(code(interceptors::load_plugin("./nowhere.so")), ErrorCode::not_found);
  EXPECT_EQ(code(interceptors::load_plugin(write("no library"))), ErrorCode::invalid_argument);
  EXPECT_EQ(code(interceptors::load_plugin(OTTLA_FAILING_DISK)), ErrorCode::invalid_argument);
  const auto older = interceptors::load_plugin(OTTLA_OLD_PLUGIN);
  EXPECT_EQ(code(older), ErrorCode::unsupported_version);
  EXPECT_NE(older.error().message().find("'ottla 0.0 cxx11-strings 1'"), std::string::npos)
      << older.error();
  const auto unhappy = interceptors::load_plugin(kStamp);
  EXPECT_EQ(code(unhappy), ErrorCode::invalid_config);
  EXPECT_NE(unhappy.error().message().find("which version?"), std::string::npos);
  const auto ran = ottla("produce --interceptor ./nowhere.so < /dev/null");
  EXPECT_EQ(ran.first, 1);
  EXPECT_NE(ran.second.find("there is no plug-in ./nowhere.so"), std::string::npos) << ran.second;
}

}  // namespace
}  // namespace ottla::integration
