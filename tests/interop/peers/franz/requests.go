package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// endOffsets answers the latest offset of each partition that is not empty.
func endOffsets(
	ctx context.Context, client *kgo.Client, topic string, partitions int32,
) (map[int32]int64, error) {
	request := kmsg.NewPtrListOffsetsRequest()
	requestTopic := kmsg.NewListOffsetsRequestTopic()
	requestTopic.Topic = topic
	for i := range partitions {
		partition := kmsg.NewListOffsetsRequestTopicPartition()
		partition.Partition = i
		partition.Timestamp = -1
		requestTopic.Partitions = append(requestTopic.Partitions, partition)
	}
	request.Topics = append(request.Topics, requestTopic)
	ends := map[int32]int64{}
	for _, shard := range client.RequestSharded(ctx, request) {
		if shard.Err != nil {
			return nil, shard.Err
		}
		for _, answer := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, partition := range answer.Partitions {
				if err := kerr.ErrorForCode(partition.ErrorCode); err != nil {
					return nil, err
				}
				if partition.Offset > 0 {
					ends[partition.Partition] = partition.Offset
				}
			}
		}
	}
	return ends, nil
}

// admin creates a topic, sees it, deletes it, sees it gone.
func admin(bootstrap, topic string) {
	client := newClient(bootstrap)
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	create := kmsg.NewPtrCreateTopicsRequest()
	wanted := kmsg.NewCreateTopicsRequestTopic()
	wanted.Topic, wanted.NumPartitions, wanted.ReplicationFactor = topic, 2, 1
	create.Topics = append(create.Topics, wanted)
	created, err := create.RequestWith(ctx, client)
	if err == nil {
		err = kerr.ErrorForCode(created.Topics[0].ErrorCode)
	}
	if err == nil {
		err = awaitPartitions(ctx, client, topic, 2)
	}
	if err == nil {
		err = deleteTopic(ctx, client, topic)
	}
	if err != nil {
		fail(err)
	}
}

// awaitPartitions waits until the broker, which learns of changes after the controller, sees the
// topic with so many partitions; 0 means that there is no such topic.
func awaitPartitions(ctx context.Context, client *kgo.Client, topic string, count int) error {
	for {
		got, err := partitionCount(ctx, client, topic)
		if err != nil || got == count {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("topic %s has %d partitions, not %d", topic, got, count)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func partitionCount(ctx context.Context, client *kgo.Client, topic string) (int, error) {
	request := kmsg.NewPtrMetadataRequest()
	requestTopic := kmsg.NewMetadataRequestTopic()
	requestTopic.Topic = kmsg.StringPtr(topic)
	request.Topics = append(request.Topics, requestTopic)
	answer, err := request.RequestWith(ctx, client)
	if err != nil {
		return 0, err
	}
	err = kerr.ErrorForCode(answer.Topics[0].ErrorCode)
	if err == kerr.UnknownTopicOrPartition {
		return 0, nil
	}
	return len(answer.Topics[0].Partitions), err
}

func deleteTopic(ctx context.Context, client *kgo.Client, topic string) error {
	request := kmsg.NewPtrDeleteTopicsRequest()
	request.TopicNames = []string{topic}
	requestTopic := kmsg.NewDeleteTopicsRequestTopic()
	requestTopic.Topic = kmsg.StringPtr(topic)
	request.Topics = append(request.Topics, requestTopic)
	answer, err := request.RequestWith(ctx, client)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(answer.Topics[0].ErrorCode); err != nil {
		return err
	}
	return awaitPartitions(ctx, client, topic, 0)
}
