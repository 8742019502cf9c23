#include "client/admin/change_topics.h"

#include <gtest/gtest.h>

#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "tests/simulation/seeds.h"
#include "tests/unit/client/admin/admin_world.h"

namespace ottla::client {
namespace {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;
using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::DeleteTopicsRequest;
using protocol::DeleteTopicsResponse;

// Answers every topic of the request with the same code. What it returns borrows from the request.
CreateTopicsResponse all_with(ErrorCode code, const CreateTopicsRequest& request) {
  CreateTopicsResponse response;
  for (const auto& topic : request.topics) {
    response.topics.push_back({.name = topic.name, .error_code = code});
  }
  return response;
}

std::vector<std::string> names_in(const CreateTopicsRequest& request) {
  std::vector<std::string> names;
  for (const auto& topic : request.topics) names.emplace_back(topic.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(CreateTopics, asks_the_controller_with_everything_that_was_said) {
  AdminWorld world;
  world.controller = 2;
  int seen = 0;
  world.broker(2).on<CreateTopicsRequest>([&](const CreateTopicsRequest& request, std::int16_t) {
    ++seen;
    EXPECT_GT(request.timeout_ms, 4500);
    EXPECT_LE(request.timeout_ms, 5000);
    EXPECT_TRUE(request.validate_only);
    EXPECT_EQ(names_in(request), (Names{"assigned", "counted"}));
    const auto& assigned = request.topics[0];
    EXPECT_EQ(assigned.num_partitions, -1);
    EXPECT_EQ(assigned.replication_factor, -1);
    EXPECT_EQ(assigned.assignments.size(), 1U);
    EXPECT_EQ(assigned.assignments.at(0).broker_ids, (std::vector{BrokerId(2), BrokerId(1)}));
    const auto& counted = request.topics[1];
    EXPECT_EQ(counted.num_partitions, 6);
    EXPECT_EQ(counted.replication_factor, 2);
    EXPECT_EQ(counted.configs.at(0).name, "cleanup.policy");
    EXPECT_EQ(counted.configs.at(0).value, "compact");
    return all_with(ErrorCode::none, request);
  });
  const auto outcomes = world.wait(
      world.admin().create_topics({{.name = "counted",
                                    .partitions = 6,
                                    .replication_factor = 2,
                                    .configs = {{"cleanup.policy", "compact"}}},
                                   {.name = "assigned", .replica_assignment = {{0, {2, 1}}}}},
                                  {.timeout = 5000ms, .validate_only = true}));
  EXPECT_EQ(outcomes.value(),
            (TopicOutcomes{{"assigned", std::nullopt}, {"counted", std::nullopt}}));
  EXPECT_EQ(seen, 1);
}

TEST(CreateTopics, tells_each_topic_its_own_error_in_the_brokers_words) {
  AdminWorld world;
  world.broker(1).on<CreateTopicsRequest>([](const CreateTopicsRequest& request, std::int16_t) {
    auto response = all_with(ErrorCode::none, request);
    response.topics.at(0).error_code = ErrorCode::invalid_partitions;
    response.topics.at(0).error_message = "zero is too few";
    return response;
  });
  const auto outcomes =
      world.wait(world.admin().create_topics({{.name = "a", .partitions = 0}, {.name = "b"}}, {}))
          .value();
  EXPECT_EQ(outcomes.at("a"), Error(ErrorCode::invalid_partitions, "zero is too few"));
  EXPECT_EQ(outcomes.at("a")->context().topic, "a");
  EXPECT_EQ(outcomes.at("b"), std::nullopt);
}

TEST(CreateTopics, follows_the_controller_and_asks_only_for_what_is_left) {
  simulation::for_each_seed(50, [](std::uint64_t seed) {
    AdminWorld world(2, seed);
    world.broker(1).on<CreateTopicsRequest>([&](const CreateTopicsRequest& request, std::int16_t) {
      auto response = all_with(ErrorCode::not_controller, request);
      response.topics.at(0).error_code = ErrorCode::none;
      world.controller = 2;
      return response;
    });
    std::vector<Names> asked;
    world.broker(2).on<CreateTopicsRequest>([&](const CreateTopicsRequest& request, std::int16_t) {
      asked.push_back(names_in(request));
      return all_with(ErrorCode::none, request);
    });
    const auto outcomes =
        world.wait(world.admin().create_topics({{.name = "a"}, {.name = "b"}, {.name = "c"}}, {}));
    EXPECT_EQ(outcomes.value(), (TopicOutcomes{{"a", {}}, {"b", {}}, {"c", {}}}));
    EXPECT_EQ(asked, (std::vector<Names>{{"b", "c"}}));
    EXPECT_EQ(world.broker(1).requests(ApiKey::create_topics), 1);
  });
}

TEST(CreateTopics, waits_for_a_cluster_that_has_no_controller) {
  AdminWorld world;
  world.controller = -1;
  world.broker(2).on<CreateTopicsRequest>([](const CreateTopicsRequest& request, std::int16_t) {
    return all_with(ErrorCode::none, request);
  });
  auto made = world.admin().create_topics({{.name = "a"}}, {});
  world.sim.run_for(20s);
  EXPECT_FALSE(made.ready());
  // Asking goes on, but not without a pause.
  int asked = 0;
  for (int id = 1; id <= 2; ++id) asked += world.broker(id).requests(ApiKey::metadata);
  EXPECT_GT(asked, 10);
  EXPECT_LT(asked, 120);
  world.controller = 2;
  world.sim.run_for(3s);
  EXPECT_EQ(world.wait(made).value(), (TopicOutcomes{{"a", std::nullopt}}));
}

TEST(CreateTopics, is_timed_out_with_the_last_reason) {
  AdminWorld world;
  world.broker(1).on<CreateTopicsRequest>([](const CreateTopicsRequest& request, std::int16_t) {
    return all_with(ErrorCode::not_controller, request);
  });
  const auto began = world.sim.now();
  const auto made = world.wait(world.admin().create_topics({{.name = "a"}}, {.timeout = 7s}));
  const auto& error = made.error();
  EXPECT_EQ(error.code(), ErrorCode::timed_out);
  EXPECT_NE(error.message().find("NOT_CONTROLLER"), std::string::npos) << error;
  EXPECT_EQ(error.context().topic, "a");
  EXPECT_GE(world.sim.now() - began, 7s);
  EXPECT_LT(world.sim.now() - began, 7s + 100ms);
  EXPECT_GT(world.broker(1).requests(ApiKey::create_topics), 3);
  EXPECT_LT(world.broker(1).requests(ApiKey::create_topics), 30);
}

TEST(CreateTopics, tells_what_was_settled_before_the_time_was_over) {
  AdminWorld world;
  world.broker(1).on<CreateTopicsRequest>([](const CreateTopicsRequest& request, std::int16_t) {
    auto response = all_with(ErrorCode::throttling_quota_exceeded, request);
    if (response.topics.size() == 2) response.topics[0].error_code = ErrorCode::none;
    return response;
  });
  const auto made =
      world.wait(world.admin().create_topics({{.name = "a"}, {.name = "b"}}, {.timeout = 3s}))
          .value();
  EXPECT_EQ(made.at("a"), std::nullopt);
  EXPECT_EQ(made.at("b").value().code(), ErrorCode::timed_out);
}

TEST(CreateTopics, says_when_an_attempt_before_may_have_made_the_topic) {
  AdminWorld world;
  bool made = false;
  world.broker(1).on<CreateTopicsRequest>([&](const CreateTopicsRequest& request, std::int16_t) {
    if (made) return all_with(ErrorCode::topic_already_exists, request);
    made = true;
    world.broker(1).hang_up();
    return CreateTopicsResponse{};
  });
  const auto lost = world.wait(world.admin().create_topics({{.name = "a"}}, {})).value();
  EXPECT_EQ(lost.at("a")->code(), ErrorCode::topic_already_exists);
  EXPECT_NE(lost.at("a")->message().find("earlier attempt"), std::string::npos);
  const auto known = world.wait(world.admin().create_topics({{.name = "a"}}, {})).value();
  EXPECT_EQ(known.at("a"), Error(ErrorCode::topic_already_exists));
}

TEST(CreateTopics, never_leaves_once_nobody_waits_for_it) {
  AdminWorld world(1);
  world.broker(1).on<CreateTopicsRequest>([](const CreateTopicsRequest& request, std::int16_t) {
    return all_with(ErrorCode::none, request);
  });
  // The broker wants no request for ten seconds.
  world.broker(1).on<DeleteTopicsRequest>([](const DeleteTopicsRequest&, std::int16_t) {
    DeleteTopicsResponse response;
    response.throttle_time_ms = 10'000;
    response.responses.push_back({.name = "x"});
    return response;
  });
  EXPECT_TRUE(world.wait(world.admin().delete_topics({"x"}, {})));
  const auto late = world.wait(world.admin().create_topics({{.name = "late"}}, {.timeout = 2s}));
  EXPECT_EQ(late.error().code(), ErrorCode::no_bootstrap_reachable);
  world.sim.run_for(20s);
  EXPECT_EQ(world.broker(1).requests(ApiKey::create_topics), 0);
  EXPECT_TRUE(world.wait(world.admin().create_topics({{.name = "again"}}, {})));
  EXPECT_EQ(world.broker(1).requests(ApiKey::create_topics), 1);
}

TEST(CreateTopics, takes_topics_that_an_answer_leaves_out_or_has_twice_for_failed) {
  AdminWorld world;
  world.broker(1).on<CreateTopicsRequest>([](const CreateTopicsRequest&, std::int16_t) {
    CreateTopicsResponse response;
    response.topics.push_back({.name = "other"});
    response.topics.push_back({.name = "twice"});
    response.topics.push_back({.name = "twice", .error_code = ErrorCode::invalid_config});
    response.topics.push_back({.name = "fine"});
    return response;
  });
  const auto made = world
                        .wait(world.admin().create_topics(
                            {{.name = "missing"}, {.name = "twice"}, {.name = "fine"}}, {}))
                        .value();
  EXPECT_EQ(made.size(), 3U);
  EXPECT_EQ(made.at("missing")->code(), ErrorCode::unknown_server_error);
  EXPECT_NE(made.at("missing")->message().find("leaves the topic out"), std::string::npos);
  EXPECT_EQ(made.at("twice")->code(), ErrorCode::unknown_server_error);
  EXPECT_NE(made.at("twice")->message().find("more than once"), std::string::npos);
  EXPECT_EQ(made.at("fine"), std::nullopt);
}

TEST(CreateTopics, asks_again_when_the_answer_is_no_kafka) {
  AdminWorld world;
  const auto sane = [](const CreateTopicsRequest& request, std::int16_t) {
    return all_with(ErrorCode::none, request);
  };
  world.broker(1).on<CreateTopicsRequest>(sane);
  world.broker(1).on_raw(ApiKey::create_topics, [&](const protocol::RequestFrame& frame) {
    auto bytes = base::SharedBuffer::own(std::string("\0\0\0\x0c....\0\0\0\0\0\x7f\x7f\x7f", 16));
    base::store_be<std::int32_t>(bytes.data() + 4, frame.header.correlation_id);
    world.broker(1).on<CreateTopicsRequest>(sane);
    return bytes;
  });
  EXPECT_EQ(world.wait(world.admin().create_topics({{.name = "a"}}, {})).value(),
            (TopicOutcomes{{"a", std::nullopt}}));
  EXPECT_EQ(world.broker(1).requests(ApiKey::create_topics), 2);
}

TEST(CreateTopics, settles_what_needs_no_broker_by_itself) {
  AdminWorld world(1);
  world.node(1).crash(simulation::Crash::process);
  EXPECT_EQ(world.wait(world.admin().create_topics({}, {})).value(), TopicOutcomes{});
  const auto made = world
                        .wait(world.admin().create_topics(
                            {{.name = ""},
                             {.name = std::string(250, 'a')},
                             {.name = "both", .partitions = 1, .replica_assignment = {{0, {1}}}},
                             {.name = "both"}},
                            {}))
                        .value();
  EXPECT_EQ(made.size(), 3U);
  EXPECT_EQ(made.at("")->code(), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(made.at(std::string(250, 'a'))->code(), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(made.at("both")->code(), ErrorCode::invalid_argument);
}

TEST(CreateTopics, sends_a_topic_that_stands_twice_to_nobody) {
  AdminWorld world;
  std::vector<Names> asked;
  world.broker(1).on<CreateTopicsRequest>([&](const CreateTopicsRequest& request, std::int16_t) {
    asked.push_back(names_in(request));
    return all_with(ErrorCode::none, request);
  });
  const auto made =
      world
          .wait(world.admin().create_topics(
              {{.name = "a", .partitions = 1}, {.name = "b"}, {.name = "a", .partitions = 2}}, {}))
          .value();
  EXPECT_EQ(made.at("a")->code(), ErrorCode::invalid_argument);
  EXPECT_EQ(made.at("b"), std::nullopt);
  EXPECT_EQ(asked, (std::vector<Names>{{"b"}}));
}

// The request's form changed with version 6.
void delete_in_version(std::int16_t version) {
  AdminWorld world;
  world.broker(1).on<DeleteTopicsRequest>(
      [&](const DeleteTopicsRequest& request, std::int16_t asked) {
        EXPECT_EQ(asked, version);
        Names names;
        for (const auto& name : request.topic_names) names.emplace_back(name);
        for (const auto& topic : request.topics) names.emplace_back(topic.name.value());
        EXPECT_EQ(names, (Names{"gone", "unknown"}));
        DeleteTopicsResponse response;
        response.responses.push_back({.name = "gone"});
        response.responses.push_back(
            {.name = "unknown", .error_code = ErrorCode::unknown_topic_or_partition});
        return response;
      },
      version);
  const auto outcomes =
      world.wait(world.admin().delete_topics({"unknown", "gone", "gone"}, {})).value();
  EXPECT_EQ(outcomes, (TopicOutcomes{{"gone", std::nullopt},
                                     {"unknown", Error(ErrorCode::unknown_topic_or_partition)}}));
}

TEST(DeleteTopics, names_topics_as_the_broker_understands_it) {
  for (std::int16_t version = 1; version <= DeleteTopicsRequest::api.max; ++version) {
    delete_in_version(version);
  }
}

TEST(DeleteTopics, asks_again_after_a_lost_answer_and_says_so) {
  AdminWorld world;
  bool gone = false;
  world.broker(1).on<DeleteTopicsRequest>([&](const DeleteTopicsRequest&, std::int16_t) {
    DeleteTopicsResponse response;
    if (!gone) world.broker(1).hang_up();
    response.responses.push_back(
        {.name = "a", .error_code = ErrorCode::unknown_topic_or_partition});
    gone = true;
    return response;
  });
  const auto outcomes = world.wait(world.admin().delete_topics({"a"}, {})).value();
  EXPECT_EQ(outcomes.at("a")->code(), ErrorCode::unknown_topic_or_partition);
  EXPECT_NE(outcomes.at("a")->message().find("earlier attempt"), std::string::npos);
}

TEST(CreatePartitions, asks_the_controller_with_everything_that_was_said) {
  AdminWorld world;
  world.controller = 2;
  world.broker(2).on<CreatePartitionsRequest>(
      [](const CreatePartitionsRequest& request, std::int16_t) {
        EXPECT_TRUE(request.validate_only);
        CreatePartitionsResponse response;
        for (const auto& topic : request.topics) response.results.push_back({.name = topic.name});
        EXPECT_EQ(request.topics.at(0).name, "assigned");
        EXPECT_EQ(request.topics[0].assignments.value().at(0).broker_ids,
                  (std::vector{BrokerId(2), BrokerId(1)}));
        EXPECT_EQ(request.topics.at(1).count, 6);
        EXPECT_EQ(request.topics[1].assignments, std::nullopt);
        response.results[1].error_code = ErrorCode::invalid_partitions;
        response.results[1].error_message = "there are six";
        return response;
      });
  const auto outcomes = world
                            .wait(world.admin().create_partitions(
                                {{.topic = "counted", .count = 6},
                                 {.topic = "assigned", .count = 2, .replica_assignment = {{2, 1}}}},
                                {.validate_only = true}))
                            .value();
  EXPECT_EQ(outcomes.at("assigned"), std::nullopt);
  EXPECT_EQ(outcomes.at("counted"), Error(ErrorCode::invalid_partitions, "there are six"));
}

TEST(CreatePartitions, says_when_an_earlier_attempt_may_have_made_them) {
  AdminWorld world(1);
  int asked = 0;
  world.broker(1).on<CreatePartitionsRequest>(
      [&](const CreatePartitionsRequest& request, std::int16_t) {
        CreatePartitionsResponse response;
        response.results.push_back({.name = request.topics.at(0).name});
        if (++asked == 1) {
          world.broker(1).hang_up();
        } else {
          response.results[0].error_code = ErrorCode::invalid_partitions;
        }
        return response;
      });
  const auto outcomes =
      world.wait(world.admin().create_partitions({{.topic = "t", .count = 6}}, {})).value();
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(outcomes.at("t")->code(), ErrorCode::invalid_partitions);
  EXPECT_NE(outcomes.at("t")->message().find("earlier attempt"), std::string::npos);
}

TEST(CreatePartitions, a_topic_twice_in_a_call_is_refused) {
  AdminWorld world(1);
  const auto outcomes = world
                            .wait(world.admin().create_partitions(
                                {{.topic = "t", .count = 6}, {.topic = "t", .count = 7}}, {}))
                            .value();
  EXPECT_EQ(outcomes.at("t")->code(), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace ottla::client
