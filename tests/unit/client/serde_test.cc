#include "ottla/serde.h"

#include <gtest/gtest.h>

#include <limits>

#include "client/producer/producer_handle.h"
#include "ottla/typed_producer.h"
#include "tests/unit/client/core/client_world.h"

struct Order {
  std::int64_t id = 0;
  std::int32_t cents = 0;
  bool operator==(const Order&) const = default;
};

// As JSON; enough of it for this.
template <>
struct ottla::Serde<Order> {
  static void write(const Order& order, Bytes& out) {
    out +=
        "{\"id\":" + std::to_string(order.id) + ",\"cents\":" + std::to_string(order.cents) + "}";
  }
  static Result<Order> read(BytesView in) {
    Order order;
    const std::string text(in);
    if (std::sscanf(text.c_str(), "{\"id\":%ld,\"cents\":%d}", &order.id, &order.cents) != 2) {
      return Error(ErrorCode::invalid_argument, "not an order");
    }
    return order;
  }
};

namespace ottla {
namespace {

static_assert(Serializable<Order> && Serializable<std::optional<Order>> && Serializable<Uuid>);
static_assert(!Serializable<void*> && !Serializable<std::optional<long double>>);

template <class T>
std::string hex(const T& value) {
  Bytes scratch;
  std::string text;
  for (const char byte : to_bytes(value, scratch)) {
    constexpr char digits[] = "0123456789abcdef";
    text += digits[static_cast<unsigned char>(byte) >> 4];
    text += digits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

template <class T>
void expect_round_trip(const T& value) {
  Bytes scratch;
  const auto back = from_bytes<T>(to_bytes(value, scratch));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(*back, value);
}

// What Kafka's Java serializers of these types write.
TEST(Serde, writes_numbers_as_java_does) {
  EXPECT_EQ(hex(std::int16_t{-2}), "fffe");
  EXPECT_EQ(hex(std::int32_t{1}), "00000001");
  EXPECT_EQ(hex(std::int32_t{-559038737}), "deadbeef");
  EXPECT_EQ(hex(std::int64_t{0x0102030405060708}), "0102030405060708");
  EXPECT_EQ(hex(1.0F), "3f800000");
  EXPECT_EQ(hex(-2.5), "c004000000000000");
  EXPECT_EQ(hex(true), "01");
  EXPECT_EQ(hex(std::string("\xc3\xa4")), "c3a4");
}

TEST(Serde, reads_what_it_has_written) {
  for (const auto value : {std::numeric_limits<std::int64_t>::min(), std::int64_t{-1},
                           std::int64_t{0}, std::numeric_limits<std::int64_t>::max()}) {
    expect_round_trip(value);
    expect_round_trip(static_cast<std::int32_t>(value));
    expect_round_trip(static_cast<std::int16_t>(value));
    expect_round_trip(static_cast<double>(value) / 3);
    expect_round_trip(static_cast<float>(value));
  }
  expect_round_trip(false);
  expect_round_trip(std::string("any\0thing", 9));
  expect_round_trip(std::string());
  expect_round_trip(std::vector<std::byte>{std::byte{0}, std::byte{255}});
  expect_round_trip(std::vector<std::byte>());
  expect_round_trip(std::optional<std::int32_t>(5));
  expect_round_trip(std::optional<std::int32_t>());
  expect_round_trip(std::optional<std::string>(""));
  expect_round_trip(Order{7, 999});
}

TEST(Serde, null_is_for_those_who_have_it) {
  Bytes scratch;
  EXPECT_TRUE(is_null(to_bytes(std::optional<std::string>(), scratch)));
  EXPECT_FALSE(is_null(to_bytes(std::optional<std::string>(""), scratch)));
  EXPECT_FALSE(is_null(to_bytes(std::vector<std::byte>(), scratch)));
  EXPECT_EQ(from_bytes<std::string>(kNull).error().code(), ErrorCode::invalid_argument);
  EXPECT_EQ(from_bytes<std::int32_t>(kNull).error().code(), ErrorCode::invalid_argument);
}

TEST(Serde, bytes_that_are_something_else_are_an_error_that_says_what_was_wanted) {
  const auto number = from_bytes<std::int32_t>("12345");
  ASSERT_FALSE(number);
  EXPECT_NE(number.error().message().find("5 bytes are not a 32-bit integer"), std::string::npos)
      << number.error();
  EXPECT_FALSE(from_bytes<bool>("\2"));
  EXPECT_FALSE(from_bytes<bool>(""));
  EXPECT_FALSE(from_bytes<Uuid>("01234567-89ab-cdef-0123-456789abcde"));
  EXPECT_FALSE(from_bytes<Order>("[]"));
}

TEST(Uuid, is_its_text) {
  const auto uuid = Uuid::parse("01234567-89AB-cdef-0123-456789abcdef");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->to_string(), "01234567-89ab-cdef-0123-456789abcdef");
  EXPECT_EQ(uuid->bytes[0], 0x01);
  EXPECT_EQ(uuid->bytes[15], 0xef);
  expect_round_trip(*uuid);
  for (const auto* bad :
       {"", "01234567-89ab-cdef-0123-456789abcdeg", "01234567089ab-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-456789abcdef0", "-1234567-89ab-cdef-0123-456789abcdef"}) {
    EXPECT_FALSE(Uuid::parse(bad)) << bad;
  }
}

class TypedProducerTest : public testing::Test {
 protected:
  TypedProducerTest() { world.cluster.create_topic("orders", 1); }

  // A handle to a core in the simulation, and its end.
  template <class F>
  void with_producer(F use) {
    const auto core = world.start(world.producer_config());
    ASSERT_TRUE(world.await(core->warm_up("orders")));
    // The runtime belongs to the simulation, and outlives the handle.
    const std::shared_ptr<base::Runtime> runtime(&world.app.runtime(), [](auto*) {});
    {
      Producer producer(std::make_unique<client::ProducerHandle>(runtime, core));
      use(producer);
      ASSERT_TRUE(world.await(core->flush_async()));
      ASSERT_TRUE(world.await(core->close_async(std::chrono::minutes(1))));
    }
    world.sim.run_for(std::chrono::seconds(1));
  }

  client::ClientWorld world;
};

TEST_F(TypedProducerTest, sends_what_the_serdes_write) {
  with_producer([&](Producer& producer) {
    TypedProducer<std::string, Order> orders(producer, "orders");
    orders.send("customer-7", {.id = 1, .cents = 999}).forget();
    ASSERT_TRUE(orders.try_send("customer-8", {.id = 2, .cents = 1}));
    EXPECT_EQ(orders.topic(), "orders");
  });
  EXPECT_EQ(world.stored({"orders", 0}),
            (std::vector<std::string>{"customer-7={\"id\":1,\"cents\":999}",
                                      "customer-8={\"id\":2,\"cents\":1}"}));
}

TEST_F(TypedProducerTest, takes_headers_partition_timestamp_and_callback) {
  int told = 0;
  with_producer([&](Producer& producer) {
    TypedProducer<std::optional<std::int32_t>, std::string> numbers(producer, "orders");
    numbers
        .send(std::nullopt, "v",
              {.headers = {{"h", "x"}}, .timestamp = Timestamp(std::chrono::milliseconds(5))})
        .forget();
    numbers.send(1, "w", [&](const Result<RecordMetadata>& result) {
      told += result && result->partition() == 0 ? 1 : 0;
    });
    const auto missing = numbers.try_send(1, "v", {.partition = 9});
    EXPECT_EQ(missing.error().code(), ErrorCode::would_block) << "there is no such partition";
  });
  EXPECT_EQ(told, 1);
  EXPECT_EQ(world.stored({"orders", 0}),
            (std::vector<std::string>{"=v", std::string("\0\0\0\1=w", 6)}));
}

// A Serde that sends a record of its own while it writes.
struct Nested {
  TypedProducer<std::string, std::string>* log = nullptr;
};

}  // namespace

template <>
struct Serde<Nested> {
  static void write(const Nested& nested, Bytes& out) {
    out += "outer";
    nested.log->send("inner key", "inner").forget();
    out += " goes on";
  }
  static Result<Nested> read(BytesView) { return Error(ErrorCode::invalid_argument); }
};

namespace {

TEST_F(TypedProducerTest, a_serde_may_send_itself) {
  with_producer([&](Producer& producer) {
    TypedProducer<std::string, std::string> log(producer, "orders");
    TypedProducer<std::string, Nested> nested(producer, "orders");
    for (int i = 0; i < 2; ++i) nested.send("outer key", {&log}).forget();
  });
  const auto stored = world.stored({"orders", 0});
  ASSERT_EQ(stored.size(), 4U);
  EXPECT_EQ(stored[2], "inner key=inner");
  EXPECT_EQ(stored[3], "outer key=outer goes on");
}

}  // namespace
}  // namespace ottla
