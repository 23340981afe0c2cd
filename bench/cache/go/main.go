// 20,000 Pods in client-go's shared informer, without managedFields. Prints what that cost, as JSON.
//
// Usage: cache PORT
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

func main() {
	if err := run("http://127.0.0.1:" + os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(host string) error {
	startedAt, startedCPU := time.Now(), cpuSeconds()
	// The server speaks JSON only, as every server does for custom resources.
	content := rest.ContentConfig{ContentType: "application/json", AcceptContentTypes: "application/json"}
	client, err := kubernetes.NewForConfig(&rest.Config{Host: host, ContentConfig: content})
	if err != nil {
		return err
	}
	informer := informers.NewSharedInformerFactory(client, 0).Core().V1().Pods().Informer()
	if err := informer.SetTransform(withoutManagedFields); err != nil {
		return err
	}
	stop := make(chan struct{})
	defer close(stop)
	go informer.Run(stop)
	if !cache.WaitForCacheSync(stop, informer.HasSynced) {
		return fmt.Errorf("the cache never synced")
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]float64{
		"seconds":    time.Since(startedAt).Seconds(),
		"cpuSeconds": cpuSeconds() - startedCPU,
		"peakRssMb":  float64(usage().Maxrss) / 1000,
		"objects":    float64(len(informer.GetStore().ListKeys())),
	})
}

func withoutManagedFields(object any) (any, error) {
	if pod, ok := object.(*corev1.Pod); ok {
		pod.ManagedFields = nil
	}
	return object, nil
}

func usage() syscall.Rusage {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return usage
}

func cpuSeconds() float64 {
	spent := usage()
	return float64(spent.Utime.Sec+spent.Stime.Sec) + float64(spent.Utime.Usec+spent.Stime.Usec)/1e6
}
